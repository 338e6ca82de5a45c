"""JSON data as Firestore's values, and back.

Firestore cannot store all of JSON: no list directly in a list, no empty key, no key such as `__name__`. These are
encoded in a form that no other data has. The body of a webhook is compressed, because it is kept for a long time (ADR
23), and so is any long text, so that a body of 1 MiB fits a document. Fields of queries are short and stay plain.
Source: Firestore documentation, "Usage and limits"; `google/firestore/v1/document.proto`.
"""

import re
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.cloud.firestore_v1.types import document

from shared.events import iso
from shared.ports.field_paths import EXPIRY
from shared.values.text import well_formed

Value = document.Value.pb()
_Array, _Map = document.ArrayValue.pb(), document.MapValue.pb()

LONG = 64 * 1024
"""The length from which a text is compressed."""
BODY, LONG_BODY = "body", 128
"""The field that is compressed from this length; a shorter text hardly shrinks."""
_LIST = "[]"
_SCALARS = {bool: "boolean_value", int: "integer_value", float: "double_value"}
_UNSAFE = re.compile(r"|\[\]|~.*|__.*__", re.DOTALL)


def encode_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document. Its expiry becomes a Firestore timestamp, which the TTL policy needs."""
    fields = {_escaped(name): _field(name, value) for name, value in data.items() if name != EXPIRY}
    return fields | ({EXPIRY: _moment(data[EXPIRY])} if EXPIRY in data else {})


def decode_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {_unescaped(name): decode(value) for name, value in fields.items()}


def _field(name: str, value: Any) -> Any:
    return _text(value, LONG_BODY) if name == BODY and isinstance(value, str) else encode(value)


def encode(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Value(map_value=_Map(fields={_escaped(name): encode(inner) for name, inner in value.items()}))
    if isinstance(value, list | tuple):
        return Value(array_value=_Array(values=[_element(inner) for inner in value]))
    return _text(value, LONG) if isinstance(value, str) else _scalar(value)


def decode(value: Any) -> Any:
    kind = value.WhichOneof("value_type")
    if kind == "map_value":
        fields = value.map_value.fields
        return _decoded_list(fields[_LIST]) if _LIST in fields else decode_fields(fields)
    if kind == "array_value":
        return _decoded_list(value)
    if kind == "bytes_value":
        return zlib.decompress(value.bytes_value).decode()
    if kind == "timestamp_value":
        return iso(datetime.fromisoformat(value.timestamp_value.ToJsonString()))
    return None if kind == "null_value" else getattr(value, kind)


def _text(text: str, long: int) -> Any:
    """*text* as a string if it is shorter than *long* or compression does not help, else compressed."""
    text = well_formed(text)
    if len(text) < long:
        return Value(string_value=text)
    plain = text.encode()
    smaller = zlib.compress(plain)
    return Value(bytes_value=smaller) if len(smaller) < len(plain) else Value(string_value=text)


def _scalar(value: Any) -> Any:
    return Value(null_value=0) if value is None else Value(**{_SCALARS[type(value)]: value})


def _element(value: Any) -> Any:
    encoded = encode(value)
    if encoded.WhichOneof("value_type") == "array_value":
        return Value(map_value=_Map(fields={_LIST: encoded}))
    return encoded


def _decoded_list(value: Any) -> list[Any]:
    return [decode(inner) for inner in value.array_value.values]


def _moment(text: str | None) -> Any:
    if text is None:
        return Value(null_value=0)
    moment = Value()
    moment.timestamp_value.FromDatetime(datetime.fromisoformat(text))
    return moment


def _escaped(name: str) -> str:
    return f"~{name}" if _UNSAFE.fullmatch(name) else well_formed(name)


def _unescaped(name: str) -> str:
    return name.removeprefix("~")
