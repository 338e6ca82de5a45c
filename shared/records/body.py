"""The body of a record: what its changes add up to, and nothing that follows from it."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, cast

from shared.records.patch import same

OPERATOR = "opos"
"""The system of what the operator, or opos for them, has set."""
State = Literal["live", "deleted", "merged"]


class Clock(TypedDict):
    """When a value was set, by the clock of who set it: `at`, then the id of the event or change, `by`, in order.

    `system` is the source that said it, or OPERATOR. `ties` are the ids that said something at the same time, and lost.
    """

    at: str
    by: str
    system: str
    ties: NotRequired[list[str]]


class Body(TypedDict):
    """`values` has the fields that are known and set; a field with a clock and no value was unset.

    `schema` is the version of the kind that `values` fit. A merged record leads to the record `into`.
    """

    schema: int
    state: State
    since: Clock | None
    """The clock of `state`."""
    into: str | None
    values: dict[str, Any]
    clocks: dict[str, Clock]


TIES = 5
"""How many ties a clock names."""
PARTS = tuple(Body.__annotations__)


def empty(schema: int) -> Body:
    """The body before the first change."""
    return Body(schema=schema, state="deleted", since=None, into=None, values={}, clocks={})


def body_of(doc: Mapping[str, Any]) -> Body:
    """The body in a document of a record."""
    return cast("Body", {name: doc[name] for name in PARTS})


def with_values(body: Body, values: Mapping[str, Any], clock: Clock) -> Body:
    """*body* after *clock* says *values*, of which None means unset. A field keeps what a later clock has said of it.

    Whatever the order in which clocks come, the result is the same.
    """
    clocks, kept = dict(body["clocks"]), dict(body["values"])
    for name, value in values.items():
        clocks[name], wins = later(clocks.get(name), clock)
        if wins:
            kept.pop(name, None)
            kept |= {} if value is None else {name: value}
    return Body(**{**body, "values": kept, "clocks": clocks})


def with_state(body: Body, state: State, clock: Clock, into: str | None = None) -> Body:
    """*body* after *clock* says *state*: the tombstone of a deleted record stays, so nothing earlier brings it back."""
    since, wins = later(body["since"], clock)
    if not wins:
        return Body(**{**body, "since": since})
    return Body(**{**body, "state": state, "into": into, "since": since})


def later(known: Clock | None, said: Clock) -> tuple[Clock, bool]:
    """The later of two clocks, with the ties of both, and whether it is *said*."""
    if known is None:
        return said, True
    if known["at"] != said["at"]:
        return (said, True) if said["at"] > known["at"] else (known, False)
    wins = said["by"] > known["by"]
    winner = said if wins else known
    ties = {known["by"], said["by"], *known.get("ties", ()), *said.get("ties", ())} - {winner["by"]}
    if not ties:
        return winner, wins
    return Clock(at=winner["at"], by=winner["by"], system=winner["system"], ties=sorted(ties)[-TIES:]), wins


def without(body: Body, fields: set[str]) -> Body:
    """*body* as if nobody had ever said anything of *fields*."""
    values = {name: value for name, value in body["values"].items() if name not in fields}
    clocks = {name: clock for name, clock in body["clocks"].items() if name not in fields}
    return Body(**{**body, "values": values, "clocks": clocks})


def changed_fields(before: Body, after: Body) -> set[str]:
    """The fields whose values differ."""
    names = before["values"].keys() | after["values"].keys()
    return {name for name in names if not alike(before, after, name)}


def alike(body: Body, other: Body, name: str) -> bool:
    """Whether two bodies have the same value of a field, or both have none."""
    values, others = body["values"], other["values"]
    return (name in values) == (name in others) and same(values.get(name), others.get(name))
