"""Feature flags over HTTP: the OpenFeature Remote Evaluation Protocol for SDKs, and `GET /flags` for people.

Source: open-feature/protocol, OFREP 0.3.0.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from shared.context import Context
from shared.errors import MethodNotAllowed, NotFound, OposError
from shared.flags import ABSENT, Evaluation, FlagSet, is_unicode
from shared.http import HttpRequest, HttpResponse, json_response

_log = structlog.get_logger()
_CORS = {
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
    answer = _answer(request, context)
    return HttpResponse(answer.status, answer.body, {**_cors(request, context), **answer.headers})


def _cors(request: HttpRequest, context: Context) -> Mapping[str, str]:
    """What a browser needs to hear so that a page of another origin may read the answer (WHATWG Fetch, section 3.3)."""
    origins, origin = context.config.flags.origins, request.headers.get("origin", "")
    if "*" in origins:
        return {"access-control-allow-origin": "*", **_CORS}
    return {"vary": "origin", **({"access-control-allow-origin": origin, **_CORS} if origin in origins else {})}


def _answer(request: HttpRequest, context: Context) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(204)
    match request.path.strip("/").split("/"):
        case ["ofrep", "v1", "evaluate", "flags", *key] if len(key) <= 1:
            if request.method != "POST":
                return _wrong_method(request, "POST")
            return _ofrep(request, context, key[0] if key else None)
        case ["flags", *key] if len(key) <= 1:
            if request.method not in {"GET", "HEAD"}:
                return _wrong_method(request, "GET", "HEAD")
            return _plain(request, context, key[0] if key else None)
    raise NotFound("There is no such address.", hint="Try GET /flags.")


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The flags at one moment, and what overrides them."""

    flags: FlagSet
    now: int
    overridden: Mapping[str, str]

    def evaluate(self, key: str, context: Mapping[str, Any]) -> Evaluation:
        found = self.flags.overridden(key, self.overridden[key]) if key in self.overridden else None
        return found or self.flags.evaluate(key, context, self.now)


def _lookup(context: Context) -> _Lookup:
    return _Lookup(context.flags, int(context.now.timestamp()), context.overridden)


def _ofrep(request: HttpRequest, context: Context, key: str | None) -> HttpResponse:
    try:
        asked = _proved(_context(request.body), request, context)
    except InvalidRequest as fault:
        return json_response(400, {"key": key or "", "errorCode": fault.ofrep_code, "errorDetails": fault.message})
    return _bulk(request, _lookup(context), asked) if key is None else _single(_lookup(context), key, asked)


def _proved(asked: dict[str, Any], request: HttpRequest, context: Context) -> dict[str, Any]:
    """*asked* with the user that a token proves, and no other: what a client says of that itself is left out."""
    claimed = {name: value for name, value in asked.items() if name != "user"}
    user = context.user(request.headers)
    return claimed if user is None else {"targetingKey": str(user.get("sub", "")), **claimed, "user": user}


def _single(lookup: _Lookup, key: str, context: Mapping[str, Any]) -> HttpResponse:
    try:
        return json_response(200, _shown(lookup.evaluate(key, context)))
    except OposError as fault:
        return json_response(fault.http_status, _failed(key, fault))


def _bulk(request: HttpRequest, lookup: _Lookup, context: Mapping[str, Any]) -> HttpResponse:
    """Every flag, each with its own fault. The entity tag covers the flags, the context and what came of them: the
    next step of a rollout changes nothing but that.
    """
    content = json_response(200, {"flags": [_evaluated(lookup, key, context) for key in lookup.flags.flags]})
    covered = b"\0".join([lookup.flags.version.encode(), json.dumps(context, sort_keys=True).encode(), content.body])
    etag = f'"{hashlib.sha256(covered).hexdigest()[:32]}"'
    if etag in _entity_tags(request.headers.get("if-none-match", "")):
        return HttpResponse(304, headers={"etag": etag})
    return HttpResponse(content.status, content.body, {**content.headers, "etag": etag})


def _evaluated(lookup: _Lookup, key: str, context: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return _shown(lookup.evaluate(key, context))
    except OposError as fault:
        return _failed(key, fault)


def _shown(evaluation: Evaluation) -> dict[str, Any]:
    """Without a value who asks uses the one in its own code."""
    value = {} if evaluation.value is ABSENT else {"value": evaluation.value}
    return {
        "key": evaluation.key, **value, "variant": evaluation.variant or "", "reason": evaluation.reason,
        "metadata": dict(evaluation.metadata),
    }  # fmt: skip


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


def _entity_tags(header: str) -> set[str]:
    """The tags that *header* lists. A proxy that compresses makes one weak; it is still the same (RFC 9110, 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _plain(request: HttpRequest, context: Context, key: str | None) -> HttpResponse:
    lookup, asked = _lookup(context), _proved(dict(request.query), request, context)
    found = {one: _value(lookup, one, asked) for one in (list(lookup.flags.flags) if key is None else [key])}
    warnings = {one: fault for one, (_, fault) in found.items() if fault}
    headers = {"x-opos-warning": ", ".join(sorted(set(warnings.values())))} if warnings else {}
    return json_response(200, {one: value for one, (value, _) in found.items()}, headers)


def _value(lookup: _Lookup, key: str, context: Mapping[str, Any]) -> tuple[Any, str]:
    """The value, and the code of what went wrong: a person's look-up never fails, it is false and warns."""
    try:
        found = lookup.evaluate(key, context).value
    except OposError as fault:
        _log.warning("flag_is_false", flag=key[:100], reason=fault.code)
        return False, fault.code
    return (None, "") if found is ABSENT else (found, "")


def _wrong_method(request: HttpRequest, *allowed: str) -> HttpResponse:
    message = f"expected {' or '.join(allowed)}, found {request.method}"
    content = {"error": {"code": MethodNotAllowed.code, "message": message}}
    return json_response(MethodNotAllowed.http_status, content, {"allow": ", ".join([*allowed, "OPTIONS"])})
