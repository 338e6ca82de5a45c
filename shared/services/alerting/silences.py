"""Adding and ending silences. The alerts that an ended silence held are judged again in the next sweep."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.alerting.matchers import parse_matcher
from shared.context import Context
from shared.errors import Conflict, NotFound
from shared.events import iso
from shared.ports import Create, Doc, Update
from shared.ports.field_paths import EXPIRY

KEEP = timedelta(days=400)


def silence(
    matchers: Sequence[str], ends_at: datetime, context: Context, *,
    author: str, comment: str, starts_at: datetime | None = None,
) -> str:  # fmt: skip
    """The id of a new silence, for alerts that all *matchers* match. Raises ValueError for an invalid matcher."""
    parsed = [str(parse_matcher(text)) for text in matchers]
    if not parsed:
        raise ValueError("expected at least one matcher")
    id = context.new_id()
    content = {
        "matchers": parsed, "author": author, "comment": comment, "created_at": iso(context.now),
        "starts_at": iso(starts_at or context.now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP),
    }  # fmt: skip
    context.store.commit([Create(f"silences/{id}", content)])
    return id


def expire(id: str, context: Context) -> None:
    """End a silence now. Raises NotFound if it does not exist."""
    doc = context.store.get(f"silences/{id}")
    if doc is None:
        raise NotFound(f"There is no silence {id}.")
    if doc.data["ends_at"] <= iso(context.now):
        return
    context.store.commit([Update(doc.path, {"ends_at": iso(context.now)}, doc.version)])
    for alert in context.store.query("alerts", where=[("calls_at", ">", iso(context.now))], order_by="calls_at"):
        if (alert.data["held"] or {}).get("by") == "silence":
            _judge_again(alert, context)


def _judge_again(alert: Doc, context: Context) -> None:
    """Have the next sweep judge *alert* again; an alert that has changed meanwhile was judged just now."""
    try:
        context.store.commit([Update(alert.path, {"calls_at": iso(context.now)}, alert.version)])
    except Conflict:
        return
