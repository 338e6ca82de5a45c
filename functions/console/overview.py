"""What the pages show, as plain values read from the store with bounded queries."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from functions.console.rows import (
    Row,
    alert_row,
    at,
    dead_letter_row,
    group_row,
    heartbeat_row,
    message_row,
    pending_row,
    quarantine_row,
    silence_row,
)
from shared.alerting.alert import effective_severity
from shared.context import Context
from shared.events import iso
from shared.ports import Condition, Doc

_FEW = 20
_MANY = 100
_MOST = 500
"""Read at once where what matters most has to be found among all."""
_SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Rows:
    """`more`: there are others that are not shown."""

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
    return {"level": "calm", "text": "Nothing new: what is open is acknowledged." if states else "Nothing is open."}


def _counted(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"


def _open(context: Context) -> Rows:
    """What fires before what is acknowledged, the worst first, then the newest."""
    states = [_where(state, context) for state in ("firing", "acknowledged", "snoozed")]
    rows = [row for state in states for row in state.shown]
    rows.sort(key=lambda row: (row["state"] != "firing", _SEVERITIES.index(row["severity"])))
    return Rows(rows, any(state.more for state in states))


def _together(rows: list[Row], context: Context) -> list[Row]:
    """The groups of which several alerts fire: one button for each."""
    counts = Counter(row["group"] for row in rows if row["group"] and row["state"] == "firing")
    groups = (context.store.get(f"groups/{id}") for id, count in counts.most_common(_FEW) if count > 1)
    return [group_row(group, counts[group.id], context) for group in groups if group and group.data["called_at"]]


def _where(state: str, context: Context) -> Rows:
    docs = context.store.query("alerts", where=[("state", "==", state)], limit=_MOST)
    worst = sorted(docs, key=lambda doc: str(doc.data.get("last_seen")), reverse=True)
    worst.sort(key=lambda doc: _SEVERITIES.index(effective_severity(doc.data.get("severity", ""))))
    return _rows(worst, alert_row, context, _MANY)


def _waiting(context: Context) -> Rows:
    """What waits, the longest first: of any queue."""
    docs = context.store.query("alerts", order_by="pending.place", limit=_MANY + 1)
    rows = _rows(docs, pending_row, context, _MANY)
    return Rows(sorted(rows.shown, key=lambda row: str(row["waits"].iso)), rows.more)


def _undelivered(context: Context) -> Rows:
    """Messages that nobody sends any more, of every age: they are shown until they are mended."""
    found = [
        _newest(
            context.store.query(collection, where=[("state", "==", state)], limit=_MOST),
            "created_at",
            message_row,
            context,
        )
        for collection in ("outbox", "digests")
        for state in ("failed", "parked")
    ]
    rows = sorted((row for rows in found for row in rows.shown), key=lambda row: str(row["at"].iso), reverse=True)
    return Rows(rows, any(rows.more for rows in found))


def _silences(context: Context) -> list[Row]:
    """Those in force or to come."""
    now: list[Condition] = [("ends_at", ">", iso(context.now))]
    return [silence_row(doc, context) for doc in context.store.query("silences", where=now, order_by="ends_at")]


def _quarantine(context: Context) -> Rows:
    reasons: list[Condition] = [("quarantine", ">", "")]
    docs = context.store.query("events", where=reasons, order_by="quarantine", limit=_MOST)
    return _newest(docs, "received_at", quarantine_row, context)


def _newest(docs: Iterable[Doc], by: str, show: Callable[[Doc, Context], Row], context: Context) -> Rows:
    """The last of *docs*, sorted here: no index on a moment serves a query by something else too."""
    return _rows(sorted(docs, key=lambda doc: str(doc.data.get(by)), reverse=True), show, context, _FEW)


def _latest(collection: str, by: str, show: Callable[[Doc, Context], Row], context: Context) -> Rows:
    docs = context.store.query(collection, order_by=by, descending=True, limit=_FEW + 1)
    return _rows(docs, show, context, _FEW)


def _rows(docs: Iterable[Doc], show: Callable[[Doc, Context], Row], context: Context, limit: int) -> Rows:
    found = list(docs)
    return Rows([show(doc, context) for doc in found[:limit]], more=len(found) > limit)
