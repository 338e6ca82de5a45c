"""Which system a field belongs to: its source of truth, whose word is taken, while others may only ask."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.records.body import OPERATOR, Body
from shared.records.kind import Kind
from shared.records.patch import same

Owners = Mapping[tuple[str, str], Sequence[str]]
"""The systems that own a field, by kind and field: the first in which a record has an id is the owner there."""


class Split(NamedTuple):
    """What a writer may set, and what it may only ask for, with the owner of each field."""

    allowed: dict[str, Any]
    asked: dict[str, Any]
    owners: dict[str, str]


def owner(kind: Kind, field: str, body: Body, owners: Owners) -> str:
    """The system that *field* of a record with *body* belongs to; OPERATOR unless the record has an id in another."""
    linked = (system for system in owners.get((kind.name, field), ()) if _is_linked(kind, body, system))
    return next(linked, OPERATOR)


def split(kind: Kind, values: Mapping[str, Any], body: Body, writer: str, owners: Owners) -> Split:
    """*values* that the system *writer* wants a record with *body* to have, by whether the fields are its own.

    What nobody has said yet may be said by anyone.
    """
    fields = {name: owner(kind, name, body, owners) for name in values}
    allowed = {
        name: value for name, value in values.items()
        if fields[name] == writer or (name not in body["clocks"] and writer != OPERATOR)
    }  # fmt: skip
    asked = {name: value for name, value in values.items() if name not in allowed and _differs(body, name, value)}
    return Split(allowed, asked, {name: fields[name] for name in asked})


def _differs(body: Body, name: str, value: Any) -> bool:
    return not same(body["values"].get(name), value)


def _is_linked(kind: Kind, body: Body, system: str) -> bool:
    field = kind.external(system)
    return field is not None and field.name in body["values"]


def contested(owners: Owners) -> Iterable[tuple[str, str, Sequence[str]]]:
    """The fields that several systems own, with these systems."""
    return ((kind, field, systems) for (kind, field), systems in owners.items() if len(systems) > 1)
