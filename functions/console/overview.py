"""What the console's first page shows, read from the store with bounded queries."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from functions.console.rows import (
    Row,
    at,
    dead_letter_row,
    group_row,
    heartbeat_row,
    message_row,
    open_row,
    pending_row,
    quarantine_row,
    silence_row,
)
from shared.alerting.alert import effective_severity
from shared.context import Context
from shared.events import iso
from shared.ports import Condition, Doc
from shared.values.distinction import distinctions, named

_FEW = 20
_MANY = 100
_MOST = 500
"""How many documents are read where the store cannot sort by what matters most."""
_SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a section shows; `more` says whether others are left out."""

    shown: list[Row]
    more: bool


def console_view(context: Context) -> Row:
    opened = _open(context)
    return {
        "headline": headline(opened.shown),
        "open": opened,
        "together": _together(opened.shown, context),
        "waiting": _waiting(context),
        "undelivered": _undelivered(context),
        "quarantine": _quarantine(context),
        "dead_letters": _latest("dead_letters", "received_at", dead_letter_row, context),
        "interruptions": _latest("outbox", "created_at", message_row, context),
        "digests": _latest("digests", "created_at", message_row, context),
        "silences": _silences(context),
        "heartbeats": [heartbeat_row(name, context) for name in context.config.heartbeats],
        "now": at(context.now.isoformat(), context),
    }


def headline(alerts: Iterable[Row]) -> Row:
    """The page in one sentence, and how urgent it is."""
    states = [(alert["state"], alert["severity"]) for alert in alerts]
    firing = [severity for state, severity in states if state == "firing"]
    if critical := firing.count("critical"):
        return {"level": "critical", "text": f"{_counted(critical, 'critical alert')} firing."}
    if firing:
        return {"level": "warning", "text": f"{_counted(len(firing), 'alert')} firing."}
    counts = Counter(state for state, _ in states)
    rest = ", ".join(f"{counts[state]} {state}" for state in ("acknowledged", "snoozed") if counts[state])
    return {"level": "calm", "text": f"Nothing needs you. {rest}." if rest else "Nothing needs you"}


def _counted(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"


def _open(context: Context) -> Rows:
    """Firing alerts before the other open ones, the most severe first, then the newest."""
    states = [_in_state(state, context) for state in ("firing", "acknowledged", "snoozed")]
    rows = [row for state in states for row in state.shown]
    rows.sort(key=lambda row: (row["state"] != "firing", _SEVERITIES.index(row["severity"])))
    return Rows(rows, any(state.more for state in states))


def _together(rows: list[Row], context: Context) -> list[Row]:
    """A button for each group in which several alerts fire."""
    counts = Counter(row["group"] for row in rows if row["group"] and row["state"] == "firing")
    groups = (context.store.get(f"groups/{id}") for id, count in counts.most_common(_FEW) if count > 1)
    return [group_row(group, counts[group.id], context) for group in groups if group and group.data["called_at"]]


def _in_state(state: str, context: Context) -> Rows:
    docs = context.store.query("alerts", where=[("state", "==", state)], limit=_MOST)
    worst = sorted(docs, key=lambda doc: str(doc.data.get("last_seen")), reverse=True)
    worst.sort(key=lambda doc: _SEVERITIES.index(effective_severity(doc.data.get("severity", ""))))
    rows = _rows(worst, open_row, context, _MANY)
    texts = distinctions([doc.data for doc in worst[:_MANY]])
    named_rows = [{**row, "title": named(row["title"], apart)} for row, apart in zip(rows.shown, texts, strict=True)]
    return Rows(named_rows, rows.more)


def _waiting(context: Context) -> Rows:
    """The alerts that wait for any digest, the longest wait first."""
    docs = context.store.query("alerts", order_by="pending.place", limit=_MANY + 1)
    rows = _rows(docs, pending_row, context, _MANY)
    return Rows(sorted(rows.shown, key=lambda row: str(row["waits"].iso)), rows.more)


def _undelivered(context: Context) -> Rows:
    """Messages that opos no longer sends, of every age: the console shows them until they are fixed."""
    sections = [
        _newest(
            context.store.query(collection, where=[("state", "==", state)], limit=_MOST),
            "created_at",
            message_row,
            context,
        )
        for collection in ("outbox", "digests")
        for state in ("failed", "parked")
    ]
    rows = sorted(
        (row for section in sections for row in section.shown), key=lambda row: str(row["at"].iso), reverse=True
    )
    return Rows(rows, any(section.more for section in sections))


def _silences(context: Context) -> list[Row]:
    """The silences that have not ended."""
    now: list[Condition] = [("ends_at", ">", iso(context.now))]
    return [silence_row(doc, context) for doc in context.store.query("silences", where=now, order_by="ends_at")]


def _quarantine(context: Context) -> Rows:
    reasons: list[Condition] = [("quarantine", ">", "")]
    docs = context.store.query("events", where=reasons, order_by="quarantine", limit=_MOST)
    return _newest(docs, "received_at", quarantine_row, context)


def _newest(docs: Iterable[Doc], by: str, show: Callable[[Doc, Context], Row], context: Context) -> Rows:
    """The newest of *docs*, sorted here: no index on a time also serves a query by another field."""
    return _rows(sorted(docs, key=lambda doc: str(doc.data.get(by)), reverse=True), show, context, _FEW)


def _latest(collection: str, by: str, show: Callable[[Doc, Context], Row], context: Context) -> Rows:
    docs = context.store.query(collection, order_by=by, descending=True, limit=_FEW + 1)
    return _rows(docs, show, context, _FEW)


def _rows(docs: Iterable[Doc], show: Callable[[Doc, Context], Row], context: Context, limit: int) -> Rows:
    known = list(docs)
    return Rows([show(doc, context) for doc in known[:limit]], more=len(known) > limit)
