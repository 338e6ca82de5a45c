"""What the changes of a record add up to: its body after each of them, or at a moment, and where a value came from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from shared.records.body import Body, changed_fields, empty
from shared.records.change import ChangeDoc
from shared.records.patch import applied

Values = Mapping[str, Any]
Current = Callable[[Values, int], Values]
"""What makes values of today of values and the version that they fit, such as `Kind.current`."""
BLANK: Mapping[str, Any] = {}
"""What the first change is a patch of."""


class Gap(ValueError):
    """The changes of a record are not all there, or not in order."""


class Version(NamedTuple):
    """A record after one of its changes."""

    change: ChangeDoc
    body: Body
    fields: set[str]
    """The fields whose values the change has changed."""


def as_they_were(values: Values, _schema: int) -> Values:
    return values


def versions(changes: Iterable[ChangeDoc], current: Current = as_they_were) -> Iterator[Version]:
    """The record after each of *changes*, which are all of them in order, with its values as *current* makes them.

    Raises Gap, and what *current* raises.
    """
    body = empty(0)
    state: Mapping[str, Any] = BLANK
    for n, change in enumerate(changes, 1):
        if change["n"] != n:
            raise Gap(f"expected change {n} of {change['record']}, found change {change['n']}")
        state = applied(state, change["patch"])
        as_today = as_they_were if change.get("forgets") else current  # an upcaster may need what is forgotten
        before, body = body, cast("Body", {**state, "values": as_today(state["values"], state["schema"])})
        yield Version(change, body, changed_fields(before, body))


def folded(changes: Iterable[ChangeDoc]) -> Body | None:
    """The body after *changes*; None if there are none."""
    body = None
    for version in versions(changes):
        body = version.body
    return body


def as_of(changes: Iterable[ChangeDoc], moment: str) -> Body | None:
    """The body at *moment*, by the time of each change; None before the first."""
    return folded(change for change in changes if change["at"] <= moment)


def rewound(body: Body, later: Sequence[ChangeDoc]) -> Body:
    """What *body* was before the changes *later*, which are all of the last ones in order."""
    state: Mapping[str, Any] = body
    for change in reversed(later):
        state = applied(state, change["inverse"])
    return cast("Body", state)
