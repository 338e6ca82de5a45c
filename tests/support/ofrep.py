"""What OFREP 0.3.0 lets an answer be, as a JSON Schema, for every answer that a test gets.

Source: open-feature/protocol, service/openapi.yaml. It leaves the body of 401, 403 and 429 open, and knows no 405, 413
and 503. A list as a value is in none of its types; all clients of OpenFeature take one, so it may stand here.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

FLAGS = "/ofrep/v1/evaluate/flags"
_TEXT = {"type": "string"}
_METADATA = {"type": "object", "additionalProperties": {"type": ["boolean", "string", "number"]}}
_CODES = ("PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL")
_SUCCESS = {
    "type": "object",
    "required": ["key", "reason"],
    "properties": {
        "key": _TEXT,
        "reason": {"enum": ["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"]},
        "value": {"type": ["boolean", "string", "number", "object", "array"]},
        "variant": _TEXT,
        "metadata": _METADATA,
    },
    "not": {"required": ["errorCode"]},
}


def _failure(*codes: str, required: tuple[str, ...] = ("key", "errorCode")) -> dict[str, Any]:
    properties = {"key": _TEXT, "errorCode": {"enum": list(codes)}, "errorDetails": _TEXT, "metadata": _METADATA}
    return {"type": "object", "required": list(required), "properties": properties, "not": {"required": ["value"]}}


_BULK = {
    "type": "object",
    "required": ["flags"],
    "properties": {
        "flags": {"type": "array", "items": {"oneOf": [_SUCCESS, _failure(*_CODES)]}},
        "metadata": _METADATA,
        "eventStreams": False,
    },
}
_FAULT = {"type": "object", "required": ["errorDetails"], "properties": {"errorDetails": _TEXT}}
SINGLE: Mapping[int, Any] = {
    200: _SUCCESS, 400: _failure(*_CODES), 401: _FAULT, 403: _FAULT, 404: _failure("FLAG_NOT_FOUND"), 405: _FAULT,
    413: {"type": "object"}, 429: _FAULT, 500: _FAULT, 503: _FAULT,
}  # fmt: skip
BULK: Mapping[int, Any] = {**SINGLE, 200: _BULK, 400: _failure(*_CODES, required=("errorCode",)), 404: False}
"""The schema of each status."""
_HEADERS = {401: "www-authenticate", 405: "allow", 429: "retry-after"}
_EMPTY = frozenset({204, 304})


def require_valid(method: str, path: str, status: int, body: str | bytes, headers: Mapping[str, str]) -> None:
    """Fails if OFREP does not allow this answer to a request for *path*; other paths are not checked."""
    if not path.startswith(FLAGS) or method == "HEAD":
        return
    is_bulk = path.removeprefix(FLAGS).partition("?")[0] in {"", "/"}
    if name := _HEADERS.get(status):
        assert headers.get(name), f"expected the header {name} with {status}, found {dict(headers)}"
    if status == 429:
        assert headers["retry-after"].isdigit(), headers["retry-after"]
    if status in _EMPTY:
        assert not body, f"expected no body with {status}, found {body!r}"
        return
    _require_json(_schema(status, is_bulk=is_bulk), status, body, headers)
    assert not is_bulk or status != 200 or headers.get("etag"), "expected an etag"


def _require_json(schema: Draft202012Validator, status: int, body: str | bytes, headers: Mapping[str, str]) -> None:
    assert headers["content-type"].startswith("application/json"), headers["content-type"]
    faults = [
        f"{'/'.join(map(str, fault.instance_path))}: {fault.message}"
        for fault in schema.iter_errors(json.loads(body, parse_constant=int))
    ]
    assert not faults, f"OFREP does not allow this answer with {status}: {faults}"


@cache
def _schema(status: int, *, is_bulk: bool) -> Draft202012Validator:
    schemas = BULK if is_bulk else SINGLE
    assert status in schemas, f"expected one of {sorted({*schemas, *_EMPTY})}, found {status}"
    return Draft202012Validator(schemas[status])
