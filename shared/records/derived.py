"""What follows from the body of a record and is stored with it, so that lists and searches find it."""

import json
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from shared.records.body import Body
from shared.records.kind import Field, Kind
from shared.records.sort_key import VERSION, sort_key, sort_keys
from shared.records.text import Control, control
from shared.values.words import words

MOST_TERMS = 16


class ListedField(NamedTuple):
    """A field that lists go by. `default` is the value of a record that has none, as its model reads it."""

    field: Field
    control: Control
    default: Any

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def is_list(self) -> bool:
        """Whether lists are filtered by its elements."""
        return self.control == "list"

    def key(self, value: Any) -> str | list[str]:
        """The key of a stored *value*, or those of its elements."""
        return sort_keys(value) if self.is_list else sort_key(self.control, value)


def derived(kind: Kind, body: Body, changed_at: str) -> dict[str, Any]:
    """`title`; and for a live record `listed`, the keys by which lists filter and order, and `terms`, its words.

    `listed_as` names the shape of the kind by which they were made.
    """
    if body["state"] != "live":
        return {"title": kind.title(body["values"]), "listed": None, "terms": [], "listed_as": None}
    values = kind.current(body["values"], body["schema"])
    title = kind.title(values)
    keys = {listed.name: listed.key(values.get(listed.name, listed.default)) for listed in listed_fields(kind)}
    return {
        "title": title, "listed": {**keys, "changed_at": changed_at}, "terms": list(words(title))[:MOST_TERMS],
        "listed_as": shape(kind),
    }  # fmt: skip


@lru_cache(maxsize=256)
def listed_fields(kind: Kind) -> tuple[ListedField, ...]:
    fields = (field for field in kind.fields.values() if field.is_listed)
    return tuple(ListedField(field, control(field), kind.defaults.get(field.name)) for field in fields)


@lru_cache(maxsize=256)
def shape(kind: Kind) -> str:
    """Names all that `derived` goes by besides the body. Records that are listed as another shape are out of date."""
    named = {listed.name: [listed.control, listed.default] for listed in listed_fields(kind)}
    keys = [field.name for field in kind.claims if field.is_key] or list(kind.fields)[:1]
    content = [VERSION, kind.version, kind.declared.title, keys, named]
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
