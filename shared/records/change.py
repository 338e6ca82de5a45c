"""A change of a record: who made it and why, and the patches from the body before to the body after, and back."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Required, TypedDict, cast

from shared.records.body import Body
from shared.records.patch import Operation, difference, entries, pointer

CHANGES = "record_changes"
"""The collection of the changes of all records."""
ActorKind = Literal["person", "source", "run", "agent", "import"]


class Actor(TypedDict):
    """Who made a change: a person by address or device, a source by name, a run, agent or import by id."""

    kind: ActorKind
    name: str


class Cause(NamedTuple):
    """Why a change is made: its actor, what caused it, and a reason in words.

    `id` is that of the event, run or answer that caused it; empty if a person did it directly. `chain` has the ids of
    all causes before it, the first one first.
    """

    actor: Actor
    id: str = ""
    reason: str = ""
    chain: tuple[str, ...] = ()


class ChangeDoc(TypedDict, total=False):
    """A document in `record_changes/`. `n` counts the changes of a record from 1 without a gap; times are ISO 8601."""

    record: Required[str]
    kind: Required[str]
    n: Required[int]
    at: Required[str]
    actor: Required[Actor]
    cause: Required[str]
    chain: Required[list[str]]
    reason: Required[str]
    trace: Required[str]
    patch: Required[list[Operation]]
    inverse: Required[list[Operation]]
    undoes: int | None
    """The number of the change that it undoes."""
    merges: list[str]
    """The ids that lead to the record since then: that of the record merged into it, and those that led to that one."""
    forgets: bool
    """Whether the record was forgotten by it: neither it nor any change before it has a value of a person."""
    due_at: str | None
    """When the change is announced again, unless that has succeeded before; None once it has."""


def change_id(record: str, n: int) -> str:
    """The id of change *n* of *record*; ids are in the order of *n*. To create it is the fence: only one becomes n."""
    return f"{record}.{n:08d}"


def change_doc(
    kind: str, record: str, n: int, before: Body | Mapping[str, Any], after: Body, cause: Cause, *, at: str, trace: str
) -> ChangeDoc:
    """The document of change *n*. Its `patch` is empty if nothing changes."""
    return ChangeDoc(
        record=record, kind=kind, n=n, at=at, actor=cause.actor, cause=cause.id,
        chain=[*cause.chain, *([cause.id] if cause.id else [])], reason=cause.reason, trace=trace,
        patch=difference(before, after), inverse=difference(after, before),
    )  # fmt: skip


class Difference(NamedTuple):
    """What a change did to a field. None stands for a value that was or is unset."""

    field: str
    before: Any
    after: Any


def differences(change: ChangeDoc) -> list[Difference]:
    """What *change* did to the values of the record."""
    before, after = _values(change["inverse"]), _values(change["patch"])
    return [Difference(name, before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys())]


def _values(patch: list[Operation]) -> dict[str, Any]:
    names = sorted(entries(patch, "values"))
    by_path = {operation["path"]: operation.get("value") for operation in patch}
    whole = by_path.get("/values") or {}
    return {**whole, **{name: by_path[pointer("values", name)] for name in names}}


def as_change(data: Mapping[str, Any]) -> ChangeDoc:
    return cast("ChangeDoc", data)
