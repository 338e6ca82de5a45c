"""Feature flags over HTTP: the OpenFeature Remote Evaluation Protocol for SDKs, and `GET /flags` for people.

Source: open-feature/protocol, OFREP 0.3.0.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import structlog

from shared.context import Context
from shared.errors import MethodNotAllowed, NotFound, OposError
from shared.flags import Evaluation, FlagSet, is_unicode
from shared.http import HttpRequest, HttpResponse, json_response

_log = structlog.get_logger()
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "content-type, authorization, if-none-match",
    "access-control-expose-headers": "etag, x-opos-warning",
    "access-control-max-age": "86400",
}


class InvalidRequest(OposError):
    """An OFREP request that cannot be evaluated; `ofrep_code` is the specification's."""

    http_status = 400

    def __init__(self, ofrep_code: str, message: str) -> None:
        super().__init__(message)
        self.ofrep_code = ofrep_code


def handle(request: HttpRequest, context: Context) -> HttpResponse:
    answer = _answer(request, context.flags)
    return HttpResponse(answer.status, answer.body, {**_CORS, **answer.headers})


def _answer(request: HttpRequest, flags: FlagSet) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(204)
    match request.path.strip("/").split("/"):
        case ["ofrep", "v1", "evaluate", "flags", *key] if len(key) <= 1:
            if request.method != "POST":
                return _wrong_method(request, "POST")
            return _ofrep(request, flags, key[0] if key else None)
        case ["flags", *key] if len(key) <= 1:
            if request.method not in {"GET", "HEAD"}:
                return _wrong_method(request, "GET", "HEAD")
            return _plain(request, flags, key[0] if key else None)
    raise NotFound("There is no such address.", hint="Try GET /flags.")


def _ofrep(request: HttpRequest, flags: FlagSet, key: str | None) -> HttpResponse:
    try:
        context = _context(request.body)
    except InvalidRequest as fault:
        return json_response(400, {"key": key or "", "errorCode": fault.ofrep_code, "errorDetails": fault.message})
    return _bulk(request, flags, context) if key is None else _single(flags, key, context)


def _single(flags: FlagSet, key: str, context: Mapping[str, Any]) -> HttpResponse:
    try:
        return json_response(200, _shown(flags.evaluate(key, context)))
    except OposError as fault:
        return json_response(fault.http_status, _failed(key, fault))


def _bulk(request: HttpRequest, flags: FlagSet, context: Mapping[str, Any]) -> HttpResponse:
    etag = _etag(flags, request.body)
    if etag in _entity_tags(request.headers.get("if-none-match", "")):
        return HttpResponse(304, headers={"etag": etag})
    return json_response(200, {"flags": [_evaluated(flags, key, context) for key in flags.flags]}, {"etag": etag})


def _evaluated(flags: FlagSet, key: str, context: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return _shown(flags.evaluate(key, context))
    except OposError as fault:
        return _failed(key, fault)


def _shown(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "key": evaluation.key,
        "value": evaluation.value,
        "variant": evaluation.variant,
        "reason": evaluation.reason,
        "metadata": {},
    }


def _failed(key: str, fault: OposError) -> dict[str, Any]:
    return {"key": key, "errorCode": fault.code, "errorDetails": fault.message}


def _context(body: bytes) -> dict[str, Any]:
    """The evaluation context in an OFREP body; {} where there is none."""
    if not body.strip():
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("PARSE_ERROR", "expected a JSON body") from None
    context = content.get("context") if isinstance(content, dict) else content
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise InvalidRequest("INVALID_CONTEXT", "expected the context to be an object")
    user = context.get("targetingKey", "")
    if not isinstance(user, str) or not is_unicode(user):
        raise InvalidRequest("INVALID_CONTEXT", "expected the targetingKey to be text")
    return context


def _etag(flags: FlagSet, body: bytes) -> str:
    return f'"{hashlib.sha256(flags.version.encode() + body).hexdigest()[:32]}"'


def _entity_tags(header: str) -> set[str]:
    """The tags that *header* lists. A proxy that compresses makes one weak; it is still the same (RFC 9110, 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _plain(request: HttpRequest, flags: FlagSet, key: str | None) -> HttpResponse:
    keys = list(flags.flags) if key is None else [key]
    found = {one: _value(flags, one, request.query) for one in keys}
    warnings = {one: fault for one, (_, fault) in found.items() if fault}
    headers = {"x-opos-warning": ", ".join(sorted(set(warnings.values())))} if warnings else {}
    return json_response(200, {one: value for one, (value, _) in found.items()}, headers)


def _value(flags: FlagSet, key: str, context: Mapping[str, Any]) -> tuple[bool, str]:
    """The value, and the code of what went wrong: a person's look-up never fails, it is false and warns."""
    try:
        return flags.evaluate(key, context).value, ""
    except OposError as fault:
        _log.warning("flag_is_false", flag=key[:100], reason=fault.code)
        return False, fault.code


def _wrong_method(request: HttpRequest, *allowed: str) -> HttpResponse:
    message = f"expected {' or '.join(allowed)}, found {request.method}"
    content = {"error": {"code": MethodNotAllowed.code, "message": message}}
    return json_response(MethodNotAllowed.http_status, content, {"allow": ", ".join([*allowed, "OPTIONS"])})
