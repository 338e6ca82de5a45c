"""The body of a webhook: its raw bytes, the text that is stored, and the payload."""

import base64
import hashlib
import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from shared.errors import ContractBroken
from shared.events import Event

_FORM = "application/x-www-form-urlencoded"
SECRET_REMOVED = b"(not stored)"
"""What a stored body has in the place of a secret, if its sender puts one there."""


def parsed(body: bytes, headers: Mapping[str, str]) -> Any | ContractBroken:
    """The payload, or the error as a value, because a body that cannot be parsed is stored too."""
    try:
        return parse_body(body, headers)
    except ContractBroken as fault:
        return fault


def parse_body(body: bytes, headers: Mapping[str, str]) -> Any:
    """The payload in *body*: JSON of any content type (curl says form), or else a form with a form's content type.

    GitHub and Slack can send JSON in a form field `payload`. Raises ContractBroken if the body is neither.
    """
    try:
        return _strict_json(body.decode("utf-8"))
    except (ValueError, RecursionError) as fault:
        if headers.get("content-type", "").startswith(_FORM):
            return _form(body)
        raise _no_json(body, fault) from fault


def body_text(body: bytes) -> dict[str, str]:
    """The fields of an Event that hold *body* without loss."""
    sha256 = hashlib.sha256(body).hexdigest()
    try:
        return {"body": body.decode("utf-8"), "body_encoding": "utf-8", "body_sha256": sha256}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "body_encoding": "base64", "body_sha256": sha256}


def raw_body(event: Event) -> bytes:
    """The inverse of `body_text`."""
    return base64.b64decode(event.body) if event.body_encoding == "base64" else event.body.encode()


def _strict_json(text: str) -> Any:
    """The JSON in *text*, with `?` for halves of surrogate pairs, which JSON can spell but no store accepts.

    A byte order mark before it is ignored, as RFC 8259 permits in section 8.1.
    """
    payload = json.loads(text.removeprefix("\ufeff"), parse_float=_number, parse_constant=_refuse)
    if "\\ud" not in text.lower():
        return payload
    return json.loads(json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"))


def _number(text: str) -> float:
    """*text* as a float that JSON can write again: for 1e400, the nearest to it, because it is valid JSON."""
    return max(-sys.float_info.max, min(sys.float_info.max, float(text)))


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _form(body: bytes) -> Any:
    try:
        form = dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=True))
        return _strict_json(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError) as fault:
        raise _no_json(body, fault) from fault


def _no_json(body: bytes, fault: Exception) -> ContractBroken:
    return ContractBroken(f"expected a JSON body, found {_described(body)}: {fault}"[:300])


def _described(body: bytes) -> str:
    return f"{len(body)} bytes" if body else "an empty body"
