"""Feature flags over HTTP: the OpenFeature Remote Evaluation Protocol for SDKs, and `GET /flags` for people.

Source: open-feature/protocol, OFREP 0.3.0.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import Forbidden, MethodNotAllowed, NotFound, OposError, TooMany
from shared.flags import ABSENT, Evaluation, FlagBroken, FlagNotFound, FlagSet
from shared.services.flags.context import FlagContext
from shared.telemetry.fault_response import fault_response
from shared.telemetry.logger import log as _log
from shared.values.http import HttpRequest, HttpResponse, json_response
from shared.values.text import is_unicode

_EXPOSED = {"access-control-expose-headers": "etag, retry-after, x-opos-warning"}
_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": (
        "content-type, authorization, x-api-key, if-none-match, traceparent, tracestate, baggage, sentry-trace"
    ),
    "access-control-max-age": "86400",
}
_JSON = {"content-type": "application/json"}
_BULK = "/ofrep/v1/evaluate/flags"
_WARNING = "x-opos-warning"
STALE = "STALE"
"""The answer may lack a recent override. Such an answer is bad for the objective `flag_lookup`."""
_OWN = {"cache-control": "private, no-cache"}
"""The caller may cache the response, a proxy may not, and the caller revalidates it (RFC 9111, section 5.2.2)."""


class InvalidRequest(OposError):
    """A request that cannot be evaluated; the codes are those of OFREP."""

    code = "INVALID_CONTEXT"
    http_status = 400


class NotReadable(InvalidRequest):
    code = "PARSE_ERROR"


def handle(request: HttpRequest, context: FlagContext) -> HttpResponse:
    try:
        answer = _answer(request, context)
    except OposError as fault:  # caught here, so that a web page may read this response too
        answer = _for_sdks(request, fault_response(fault))
    well = answer.headers.get(_WARNING) != STALE
    context.indicators.took("flag_lookup", context.elapsed_seconds, context.now, well=well)
    return HttpResponse(answer.status, answer.body, {**_cors(request, context, answer.headers), **answer.headers})


def _for_sdks(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """*answer* with the fields in which an SDK looks for the reason, if an SDK has asked."""
    if not request.path.startswith(_BULK):
        return answer
    content = json.loads(answer.body)
    key = request.path.removeprefix(_BULK).removeprefix("/")
    failed = {"key": key, "errorCode": "GENERAL", "errorDetails": content["error"]["message"]}
    return json_response(answer.status, {**failed, **content}, answer.headers)


def _cors(request: HttpRequest, context: FlagContext, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers that let a web page of another origin read the response (WHATWG Fetch, section 3.3)."""
    origins, origin = context.access.origins, request.headers.get("origin", "")
    more = _PREFLIGHT if request.method == "OPTIONS" else {} if headers is _JSON else _EXPOSED
    if "*" in origins:
        return {"access-control-allow-origin": "*", **more}
    return {"vary": "origin", **({"access-control-allow-origin": origin, **more} if origin in origins else {})}


def _require_allowed(request: HttpRequest, context: FlagContext) -> None:
    """Raises Forbidden for a web page of an origin that is not configured, and TooMany above the rate limit."""
    origins, origin = context.access.origins, request.headers.get("origin", "")
    if origin and origin not in origins and "*" not in origins:
        message = f"Web pages of {origin[:100]} may not evaluate flags."
        raise Forbidden(message, hint="The operator lists the origins that may, under flags.origins in opos.yaml.")
    if wait := context.wait_for(request.caller):
        raise TooMany("Too many requests from this address.", after=wait)


def _answer(request: HttpRequest, context: FlagContext) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(204)
    _require_allowed(request, context)
    match request.path.removeprefix("/").split("/", 4):
        case ["ofrep", "v1", "evaluate", "flags", *key]:
            _require_method(request, "POST", "OPTIONS")
            return _ofrep(request, context, _key(key))
        case ["flags", *key]:
            _require_method(request, "GET", "HEAD", "OPTIONS")
            return _plain(request, context, _key(key))
    raise NotFound("This path does not exist.", hint="Try GET /flags.")


def _key(parts: list[str]) -> str | None:
    """The key of a flag, which may contain slashes; None for all flags."""
    return "/".join(parts) or None


@dataclass(slots=True)
class _Lookup:
    """The flags at one time, for one evaluation context."""

    flags: FlagSet
    attributes: Mapping[str, Any]
    context: FlagContext

    def single(self, key: str) -> Evaluation:
        """Raises FlagNotFound."""
        evaluation = self._evaluated(key)
        self.context.usage.saw((evaluation,), self.context.now)
        return evaluation

    def all(self) -> dict[str, Evaluation]:
        evaluations = self.flags.evaluate_all(self.attributes, int(self.context.now.timestamp()))
        self.context.usage.saw(evaluations.values(), self.context.now)
        return evaluations

    def _evaluated(self, key: str) -> Evaluation:
        try:
            return self.flags.evaluate(key, self.attributes, int(self.context.now.timestamp()))
        except FlagBroken as fault:
            return Evaluation.failed(key, fault)


def _lookup(attributes: dict[str, Any], request: HttpRequest, context: FlagContext) -> _Lookup:
    return _Lookup(context.flags, _with_user(attributes, request, context), context)


def _with_user(attributes: dict[str, Any], request: HttpRequest, context: FlagContext) -> dict[str, Any]:
    """*attributes* with the user whom a token authenticates. A `user` that the caller itself sends is dropped."""
    if "user" in attributes:
        attributes = {name: value for name, value in attributes.items() if name != "user"}
    user = context.user(request.headers)
    return attributes if user is None else {"targetingKey": str(user.get("sub", "")), **attributes, "user": user}


def _ofrep(request: HttpRequest, context: FlagContext, key: str | None) -> HttpResponse:
    try:
        lookup = _lookup(_context(request.body), request, context)
        return _bulk(request, lookup) if key is None else _single(lookup, key)
    except (InvalidRequest, FlagNotFound) as fault:
        return HttpResponse(fault.http_status, Evaluation.failed(key or "", fault).ofrep, _JSON)


def _single(lookup: _Lookup, key: str) -> HttpResponse:
    evaluation = lookup.single(key)
    headers = {**_JSON, _WARNING: STALE} if lookup.flags.is_stale else _JSON
    return HttpResponse(evaluation.fault.http_status if evaluation.fault else 200, evaluation.ofrep, headers)


def _bulk(request: HttpRequest, lookup: _Lookup) -> HttpResponse:
    flags = b",".join([evaluation.ofrep for evaluation in lookup.all().values()])
    metadata = json.dumps(dict(lookup.flags.metadata)).encode()
    return _cacheable(request, lookup, b'{"flags":[' + flags + b'],"metadata":' + metadata + b"}")


def _cacheable(request: HttpRequest, lookup: _Lookup, body: bytes, headers: Mapping[str, str] = {}) -> HttpResponse:
    """*body*, or 304 if the caller has it already.

    The entity tag covers the flags, the context and the result: the next step of a rollout changes only the result.
    """
    context = f"{lookup.flags.version} {lookup.attributes}".encode("utf-8", "replace")
    headers = {**headers, _WARNING: STALE} if lookup.flags.is_stale else headers
    covered = hashlib.blake2b(context + body, digest_size=16)
    etag = f'"{covered.hexdigest()}"'
    if {etag, "*"} & _entity_tags(request.headers.get("if-none-match", "")):
        return HttpResponse(304, headers={"etag": etag, **_OWN, **headers})
    return HttpResponse(200, body, {**_JSON, "etag": etag, **_OWN, **headers})


def _context(body: bytes) -> dict[str, Any]:
    """The evaluation context in an OFREP body; {} if there is none."""
    if not body.strip():
        return {}
    try:
        content = json.loads(body, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        raise NotReadable("expected a JSON body") from None
    context = content.get("context") if isinstance(content, dict) else content
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise InvalidRequest("expected the context to be an object")
    user = context.get("targetingKey")
    if user is None:
        return {name: value for name, value in context.items() if name != "targetingKey"}
    if not isinstance(user, str) or not is_unicode(user):
        raise InvalidRequest("expected the targetingKey to be text")
    return context


def _finite(text: str) -> float:
    """Raises ValueError for a number that JSON cannot write again, such as 1e999."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _entity_tags(header: str) -> set[str]:
    """The tags in *header*. One that a compressing proxy has made weak still matches (RFC 9110, section 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _plain(request: HttpRequest, context: FlagContext, key: str | None) -> HttpResponse:
    """The values alone, for people. A flag that is unknown or fails is false, and a header warns about it."""
    lookup = _lookup(dict(request.query), request, context)
    evaluations = lookup.all() if key is None else {key: _evaluated(lookup, key)}
    faults = {name: evaluation.fault.code for name, evaluation in evaluations.items() if evaluation.fault}
    for name, code in faults.items():
        _log.warning("flag_is_false", flag=name[:100], reason=code)
    content = json_response(200, {name: _value(evaluation) for name, evaluation in evaluations.items()})
    warnings = {_WARNING: ", ".join(sorted(set(faults.values())))} if faults else {}
    return _cacheable(request, lookup, content.body, warnings)


def _evaluated(lookup: _Lookup, key: str) -> Evaluation:
    try:
        return lookup.single(key)
    except FlagNotFound as fault:
        return Evaluation.failed(key, fault)


def _value(evaluation: Evaluation) -> Any:
    return False if evaluation.fault else None if evaluation.value is ABSENT else evaluation.value


def _require_method(request: HttpRequest, *allowed: str) -> None:
    if request.method not in allowed:
        raise MethodNotAllowed(request.method, *allowed)
