"""Adding and ending silences. The alerts that an ended silence held are judged again in the next sweep."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.alerting.matchers import compiled
from shared.alerting.silences import Silence, silencing
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import Conflict, NotFound
from shared.events import iso
from shared.ports import Create, Doc, Update
from shared.ports.field_paths import EXPIRY
from shared.values.text import counted

KEEP = timedelta(days=400)
MOST = 1000
"""How many open alerts in each state are compared with the matchers of a silence."""


def silence(
    matchers: Sequence[str], ends_at: datetime, context: Context, *,
    author: str, comment: str, starts_at: datetime | None = None,
) -> str:  # fmt: skip
    """The id of a new silence, for alerts that all *matchers* match. Raises ValueError as `silencing` does."""
    id = context.new_id()
    content = {
        "matchers": [str(matcher) for matcher in silencing(matchers)],
        "author": author, "comment": comment, "created_at": iso(context.now),
        "starts_at": iso(starts_at or context.now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP),
    }  # fmt: skip
    context.store.commit([Create(f"silences/{id}", content)])
    return id


def open_matches(matchers: Sequence[str], context: Context) -> tuple[int, str]:
    """How many open alerts all *matchers* match, as a number and in words. Raises ValueError as `silencing` does."""
    matches = compiled(silencing(matchers))
    states = [list(context.store.query("alerts", where=[("state", "==", state)], limit=MOST)) for state in sorted(OPEN)]
    count = sum(matches(alert.data.get("labels") or {}) for alerts in states for alert in alerts)
    at_least = "at least " if any(len(alerts) == MOST for alerts in states) else ""
    return count, at_least + counted(count, "open alert")


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
