"""What the console's first page shows, read from the store with bounded queries."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

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
    rejected_row,
    silence_row,
)
from shared.alerting.alert import effective_severity
from shared.context import Context
from shared.events import Severity, iso
from shared.intake.rejections import rejected_sources, watched
from shared.ports import Condition, Doc
from shared.services.intake.rejections import among
from shared.services.outbox.message import made_at
from shared.services.slo.indicators import last_accepted, reported
from shared.values.distinction import distinctions, named

_FEW = 20
_MANY = 100
_MOST = 2000
"""How many documents are read where the store cannot sort by what matters most."""
SINCE = timedelta(days=3)
"""How far back the reports go in which the page looks for rejections: the checks of the health report read as much."""
_SEVERITIES = ("critical", "warning", "info")
_OPEN = ("firing", "acknowledged", "snoozed")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that a section shows, of `total`; None: of more, which nobody counted."""

    shown: list[Row]
    total: int | None

    @property
    def more(self) -> bool:
        """Whether others are left out."""
        return self.total != len(self.shown)

    @property
    def count(self) -> str:
        return f"{len(self.shown)}+" if self.total is None else f"{self.total:,}"


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents that were read, at most _MOST, and how many match."""

    docs: list[Doc]
    total: int

    @property
    def is_whole(self) -> bool:
        return self.total == len(self.docs)


def console_view(context: Context) -> Row:
    opened = {state: _read("alerts", [("state", "==", state)], context) for state in _OPEN}
    return {
        "headline": headline(opened),
        "open": _open(opened, context),
        "together": _together(opened["firing"].docs, context),
        "waiting": _waiting(context),
        "undelivered": _undelivered(context),
        "rejected": _rejected(context),
        "quarantine": _quarantine(context),
        "dead_letters": _latest("dead_letters", "received_at", dead_letter_row, context),
        "interruptions": _latest("outbox", "created_at", message_row, context),
        "digests": _latest("digests", "created_at", message_row, context),
        "silences": _silences(context),
        "heartbeats": [heartbeat_row(name, context) for name in context.config.heartbeats],
        "now": at(context.now.isoformat(), context),
    }


def headline(opened: Mapping[str, Reading]) -> Row:
    """The page in one sentence, and how urgent it is. It counts all open alerts, also those that no row shows.

    Alerts beyond the limit of a reading may be critical.
    """
    firing = opened["firing"]
    critical = sum(_severity(doc) == "critical" for doc in firing.docs)
    if firing.total:
        is_urgent = critical or not firing.is_whole
        return {"level": "critical" if is_urgent else "warning", "text": _firing(critical, firing)}
    counts = {state: opened[state].total for state in _OPEN[1:]}
    rest = ", ".join(f"{count:,} {state}" for state, count in counts.items() if count)
    return {"level": "calm", "text": f"Nothing needs you. {rest}." if rest else "Nothing needs you"}


def _firing(critical: int, firing: Reading) -> str:
    if not critical:
        return f"{_counted(firing.total, 'alert')} firing."
    text = f"{_counted(critical, 'critical alert')} firing"
    return f"{text}." if firing.is_whole else f"At least {text}, of {firing.total:,} alerts."


def _counted(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count:,} {noun}s are"


def _severity(doc: Doc) -> Severity:
    return effective_severity(doc.data.get("severity", ""))


def _open(opened: Mapping[str, Reading], context: Context) -> Rows:
    """Firing alerts before the other open ones, the most severe first, then the newest."""
    docs = [doc for reading in opened.values() for doc in reading.docs]
    docs.sort(key=lambda doc: str(doc.data.get("last_seen")), reverse=True)
    docs.sort(key=lambda doc: (doc.data["state"] != "firing", _SEVERITIES.index(_severity(doc))))
    shown = docs[:_MANY]
    rows = [open_row(doc, context) for doc in shown]
    texts = distinctions([doc.data for doc in shown])
    named_rows = [{**row, "title": named(row["title"], apart)} for row, apart in zip(rows, texts, strict=True)]
    return Rows(named_rows, sum(reading.total for reading in opened.values()))


def _together(firing: Iterable[Doc], context: Context) -> list[Row]:
    """A button for each group in which several alerts fire."""
    ids = (doc.data.get("group") for doc in firing if doc.data.get("told_at"))
    counts = Counter(id for id in ids if id)
    groups = (context.store.get(f"groups/{id}") for id, count in counts.most_common(_FEW) if count > 1)
    return [group_row(group, counts[group.id], context) for group in groups if group and group.data["called_at"]]


def _waiting(context: Context) -> Rows:
    """The alerts that wait for any digest, the longest wait first."""
    reading = _read("alerts", [("pending.place", ">", "")], context, order_by="pending.place", limit=_MANY)
    rows = [pending_row(doc, context) for doc in reading.docs]
    return Rows(sorted(rows, key=lambda row: str(row["waits"].iso)), reading.total)


def _undelivered(context: Context) -> Rows:
    """Messages that opos no longer sends, of every age: the console shows them until they are fixed."""
    readings = [
        _read(collection, [("state", "==", state)], context)
        for collection in ("outbox", "digests")
        for state in ("failed", "parked")
    ]
    docs = [doc for reading in readings for doc in reading.docs]
    return _newest(Reading(docs, sum(reading.total for reading in readings)), made_at, message_row, context)


def _silences(context: Context) -> list[Row]:
    """The silences that have not ended."""
    now: list[Condition] = [("ends_at", ">", iso(context.now))]
    return [silence_row(doc, context) for doc in context.store.query("silences", where=now, order_by="ends_at")]


def _rejected(context: Context) -> Rows:
    """What was rejected: first the sources that are rejected now, then the latest."""
    reports = reported(context.store, context.now - SINCE)
    counts, accepted = among(reports)[::-1], last_accepted(reports)
    now = rejected_sources(counts, accepted, watched(context.config), context.now)
    counts.sort(key=lambda count: count.place not in now)
    rows = [rejected_row(count, accepted.get(count.place), context) for count in counts[:_FEW]]
    return Rows(rows, len(counts))


def _quarantine(context: Context) -> Rows:
    reading = _read("events", [("quarantine", ">", "")], context, order_by="quarantine")
    return _newest(reading, lambda data: str(data["received_at"]), quarantine_row, context)


def _newest(
    reading: Reading, by: Callable[[Mapping[str, Any]], str], show: Callable[[Doc, Context], Row], context: Context
) -> Rows:
    """The newest of *reading*, sorted here: no index on a time also serves a query by another field."""
    docs = sorted(reading.docs, key=lambda doc: by(doc.data), reverse=True)
    return Rows([show(doc, context) for doc in docs[:_FEW]], reading.total)


def _latest(collection: str, by: str, show: Callable[[Doc, Context], Row], context: Context) -> Rows:
    docs = list(context.store.query(collection, order_by=by, descending=True, limit=_FEW + 1))
    rows = [show(doc, context) for doc in docs[:_FEW]]
    return Rows(rows, len(docs) if len(docs) == len(rows) else None)


def _read(
    collection: str, where: Sequence[Condition], context: Context, *, order_by: str | None = None, limit: int = _MOST
) -> Reading:
    """The matching documents up to *limit*. The store counts the others: a read for each thousand."""
    docs = list(context.store.query(collection, where=where, order_by=order_by, limit=limit))
    count = len(docs) if len(docs) < limit else context.store.count(collection, where=where)
    return Reading(docs, max(count, len(docs)))
