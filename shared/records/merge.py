"""Two bodies of what turned out to be one thing: what the record that stays takes from the other, and what it leaves.

A field keeps the word of its owner before that of others, and then the later one. Of two ids in one system, the record
that stays keeps its own; the other id still leads to it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.records.body import Body, Clock, later
from shared.records.kind import Kind
from shared.records.ownership import Owners, owner
from shared.records.patch import same


class Choice(NamedTuple):
    """A field on which the two records differ. None stands for a value that is unset."""

    field: str
    kept: Any
    lost: Any
    """What the record that stays has no longer, or does not take."""
    is_taken: bool
    """Whether the value that is kept comes from the record that goes."""


def merged(kind: Kind, stays: Body, goes: Body, owners: Owners) -> Body:
    """*stays* after *goes* was merged into it."""
    linked = Body(**{**stays, "values": {**_ids(kind, goes), **stays["values"]}})
    values, clocks = dict(stays["values"]), dict(stays["clocks"])
    for name, said in goes["clocks"].items():
        if _is_own_id(kind, name, stays):
            continue
        system = owner(kind, name, linked, owners) if name in kind.fields else ""
        clocks[name], wins = _winner(clocks.get(name), said, system)
        if wins:
            values.pop(name, None)
            values |= {name: goes["values"][name]} if name in goes["values"] else {}
    return Body(**{**stays, "values": values, "clocks": clocks})


def choices(stays: Body, goes: Body, after: Body) -> Iterator[Choice]:
    """The fields that both have or had, with different values."""
    for name in sorted(goes["clocks"]):
        mine, other, kept = (body["values"].get(name) for body in (stays, goes, after))
        if not same(mine, other):
            is_taken = same(kept, other)
            yield Choice(name, kept, mine if is_taken else other, is_taken)


def parted(now: Body, before: Body, after: Body) -> Body:
    """*now* without what a merge, from *before* to *after*, has put into it, and nothing has replaced since."""
    values, clocks = dict(now["values"]), dict(now["clocks"])
    for name in taken(before, after):
        if now["clocks"].get(name) == after["clocks"].get(name):
            _put(name, before, values, clocks)
    return Body(**{**now, "values": values, "clocks": clocks})


def taken(before: Body, after: Body) -> set[str]:
    """The fields that a merge from *before* to *after* took from the other record."""
    return {name for name, clock in after["clocks"].items() if clock != before["clocks"].get(name)}


def _put(name: str, source: Body, values: dict[str, Any], clocks: dict[str, Clock]) -> None:
    """Make *name* what it is in *source*."""
    values.pop(name, None)
    clocks.pop(name, None)
    values.update({name: source["values"][name]} if name in source["values"] else {})
    clocks.update({name: source["clocks"][name]} if name in source["clocks"] else {})


def _winner(known: Clock | None, said: Clock, owner: str) -> tuple[Clock, bool]:
    if known is None or (known["system"] == owner) == (said["system"] == owner):
        return later(known, said)
    return (said, True) if said["system"] == owner else (known, False)


def _is_own_id(kind: Kind, name: str, stays: Body) -> bool:
    return name in kind.fields and bool(kind.fields[name].system) and name in stays["values"]


def _ids(kind: Kind, body: Body) -> dict[str, Any]:
    names = [field.name for field in kind.claims if field.system]
    return {name: body["values"][name] for name in names if name in body["values"]}
