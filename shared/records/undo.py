"""The values that undo a change, and what is lost by it where later changes touched the same fields."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from shared.errors import OposError
from shared.records.body import State, alike, empty
from shared.records.change import ChangeDoc
from shared.records.history import Current, Version, as_they_were, versions


class NothingToUndo(OposError):
    """There is no such change, or it changed nothing that is left to undo."""

    code = "nothing_to_undo"
    http_status = 409


class Lost(NamedTuple):
    """A later change of a field: what an undo would overwrite."""

    n: int
    field: str
    value: Any


class Undo(NamedTuple):
    """The `values` that a new change sets, None to unset, and the `state` if that changes, too.

    Both are empty if everything is by now as it was before the change.
    """

    values: dict[str, Any]
    state: State | None
    lost: list[Lost]


def undo(changes: Sequence[ChangeDoc], n: int, current: Current = as_they_were) -> Undo:
    """What undoes change *n* of a record with *changes*, which are all of them, in values as *current* makes them.

    Raises NothingToUndo.
    """
    seen = list(versions(changes, current))
    if not 1 <= n <= len(seen):
        raise NothingToUndo(f"expected a change from 1 to {len(seen)}, found {n}")
    if is_separation(changes, n):
        raise NothingToUndo(f"change {n} has undone a merge: merge the two records again")
    change, before, now = seen[n - 1], seen[n - 2].body if n > 1 else empty(0), seen[-1].body
    fields = change.fields if n > 1 else set()
    was = before["state"] if before["state"] != change.body["state"] else None
    if not fields and was is None:
        raise NothingToUndo(f"change {n} has changed no value")
    values = {name: before["values"].get(name) for name in sorted(fields) if not alike(before, now, name)}
    state = was if was != now["state"] else None
    return Undo(values, state, list(_lost(seen[n:], set(values))))


def is_merge(changes: Sequence[ChangeDoc], n: int) -> bool:
    """Whether another record was merged into this one in change *n*."""
    return 1 <= n <= len(changes) and bool(changes[n - 1].get("merges"))


def is_separation(changes: Sequence[ChangeDoc], n: int) -> bool:
    """Whether change *n* of one of two records has undone their merge."""
    undone = changes[n - 1].get("undoes")
    before = changes[n - 1]["inverse"]
    was_merged = any(operation["path"] == "/state" and operation.get("value") == "merged" for operation in before)
    return was_merged or (undone is not None and is_merge(changes, undone))


def _lost(later: Sequence[Version], fields: set[str]) -> list[Lost]:
    return [
        Lost(version.change["n"], name, version.body["values"].get(name))
        for version in later
        for name in sorted(version.fields & fields)
    ]
