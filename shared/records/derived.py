"""What follows from the body of a record and is stored with it, so that lists and searches find it."""

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from shared.records.body import Body
from shared.records.kind import Field, Kind
from shared.records.sort_key import VERSION, sort_key, sort_keys
from shared.records.text import control
from shared.values.words import words

MOST_TERMS = 16


def derived(kind: Kind, body: Body, changed_at: str) -> dict[str, Any]:
    """`title`; and for a live record `listed`, the keys by which lists filter and order, and `terms`, its words.

    `listed_as` names the shape of the kind by which they were made.
    """
    if body["state"] != "live":
        return {"title": kind.title(body["values"]), "listed": None, "terms": [], "listed_as": None}
    values = kind.current(body["values"], body["schema"])
    title = kind.title(values)
    named = {field.name: key_of(field, values.get(field.name, default(field))) for field in listed_fields(kind)}
    return {
        "title": title, "listed": {**named, "changed_at": changed_at}, "terms": list(words(title))[:MOST_TERMS],
        "listed_as": shape(kind),
    }  # fmt: skip


def listed_fields(kind: Kind) -> tuple[Field, ...]:
    return tuple(field for field in kind.fields.values() if field.is_listed)


def is_list(field: Field) -> bool:
    """Whether lists are filtered by the elements of *field*."""
    return control(field) == "list"


def key_of(field: Field, value: Any) -> str | list[str]:
    return sort_keys(value) if is_list(field) else sort_key(field, value)


def default(field: Field) -> Any:
    """The value of a record that has none, as its model reads it."""
    if field.info.is_required() or field.info.default_factory or field.info.default is None:
        return None
    try:
        return field.parsed(field.info.default)
    except ValidationError:
        return None


@lru_cache(maxsize=256)
def shape(kind: Kind) -> str:
    """Names all that `derived` goes by besides the body. Records that are listed as another shape are out of date."""
    named: Mapping[str, Any] = {
        field.name: [control(field), is_list(field), default(field)] for field in listed_fields(kind)
    }
    keys = [field.name for field in kind.claims if field.is_key] or list(kind.fields)[:1]
    content = [VERSION, kind.version, kind.declared.title, keys, named]
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
