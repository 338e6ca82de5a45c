"""Adding and ending silences. The alerts that an ended silence held are judged again in the next sweep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.alerting.matchers import compiled, parse_matcher
from shared.alerting.silences import Silence, silencing
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import Conflict, NotFound
from shared.events import iso
from shared.ports import Create, Doc, Update
from shared.ports.field_paths import EXPIRY
from shared.values.text import counted

KEEP = timedelta(days=400)
MOST = 300
"""How many open alerts are compared with the matchers of a silence, the firing ones first."""


def silence(
    matchers: Sequence[str], ends_at: datetime, context: Context, *,
    author: str, comment: str, starts_at: datetime | None = None, id: str = "",
) -> str:  # fmt: skip
    """The id of a new silence, for alerts that all *matchers* match. Raises ValueError as `silencing` does, and
    AlreadyExists if there is a silence with the *id* that is given.
    """
    id = id or context.new_id()
    content = {
        "matchers": [str(matcher) for matcher in silencing(matchers)],
        "author": author, "comment": comment, "created_at": iso(context.now),
        "starts_at": iso(starts_at or context.now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP),
    }  # fmt: skip
    context.store.commit([Create(f"silences/{id}", content)])
    return id


@dataclass(frozen=True, slots=True)
class OpenLabels:
    """The labels of the open alerts that were read. `is_all`: whether there are no others."""

    labels: Sequence[Mapping[str, str]]
    is_all: bool

    def count(self, matchers: Sequence[str]) -> int:
        """How many all *matchers* match. Raises ValueError if one is invalid."""
        matches = compiled([parse_matcher(matcher) for matcher in matchers])
        return sum(matches(labels) for labels in self.labels)

    def in_words(self, count: int) -> str:
        return f"{'' if self.is_all else 'at least '}{counted(count, 'open alert')}"


def open_labels(context: Context) -> OpenLabels:
    """The open alerts, at most MOST."""
    alerts: list[Doc] = []
    for state in sorted(OPEN, key=lambda state: (state != "firing", state)):
        room = MOST - len(alerts)
        alerts += context.store.query("alerts", where=[("state", "==", state)], limit=room) if room else ()
    return OpenLabels([alert.data.get("labels") or {} for alert in alerts], len(alerts) < MOST)


def open_matches(matchers: Sequence[str], context: Context) -> tuple[int, str]:
    """How many open alerts all *matchers* match, as a number and in words. Raises ValueError as `silencing` does."""
    silencing(matchers)
    alerts = open_labels(context)
    count = alerts.count(matchers)
    return count, alerts.in_words(count)


class Choice(NamedTuple):
    """A matcher that a silence may have. With the choice reversed, the silence would hold `held` open alerts."""

    matcher: str
    is_chosen: bool
    held: int


def choices(
    fixed: Sequence[str], offered: Sequence[str], chosen: Collection[str], alerts: OpenLabels
) -> list[Choice]:  # fmt: skip
    """The *offered* matchers, some of them *chosen*, of a silence that has the *fixed* ones in any case."""
    reversals = ((matcher, {*chosen} ^ {matcher}) for matcher in offered)
    return [
        Choice(matcher, matcher in chosen, alerts.count([*fixed, *(name for name in offered if name in kept)]))
        for matcher, kept in reversals
    ]


def expire(id: str, context: Context) -> None:
    """End a silence now: the next sweep judges what it held. Raises NotFound if it does not exist.

    To end it once more is no error: this completes what a crash has left.
    """
    doc = context.store.get(f"silences/{id}")
    if doc is None:
        raise NotFound(f"There is no silence {id}.")
    ends_at = min(doc.data["ends_at"], iso(context.now))
    if ends_at < doc.data["ends_at"]:
        context.store.commit([Update(doc.path, {"ends_at": ends_at}, doc.version)])
    ended = Silence.from_doc(id, {**doc.data, "ends_at": ends_at})
    for alert in context.store.query("alerts", where=[("calls_at", ">", iso(context.now))], order_by="calls_at"):
        held = alert.data["held"]
        if held and held["by"] == "silence" and ended.matches(alert.data["labels"]):
            _judge_again(alert, {**held, "reason": ended.reason}, context)


def _judge_again(alert: Doc, held: Mapping[str, Any], context: Context) -> None:
    """Have the next sweep judge *alert* again; an alert that has changed meanwhile was judged just now."""
    try:
        context.store.commit([Update(alert.path, {"calls_at": iso(context.now), "held": held}, alert.version)])
    except Conflict:
        return
