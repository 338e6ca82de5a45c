"""The first page: what needs the operator now, what can wait, and what waits for the digest, in bounded queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import HEALTH, SETTINGS, TODAY, event_path, message_path
from functions.console.rows import (
    Moment,
    Row,
    dead_letter_row,
    group_row,
    message_row,
    open_row,
    pending_row,
    quarantine_row,
    rejected_row,
)
from shared.alerting.attention import Headline, headline, needs_now, urgency
from shared.alerting.focus import is_night
from shared.context import Context
from shared.events import iso
from shared.intake.rejections import rejected_sources, watched
from shared.ports import Condition, Doc
from shared.services.intake.rejections import PATH as REJECTIONS
from shared.services.intake.rejections import among
from shared.services.outbox.message import made_at
from shared.services.slo.indicators import last_accepted, reported
from shared.values.distinction import distinctions, named
from shared.values.http import HttpRequest

_FEW = 20
_MANY = 50
_CARDS = 5
_MOST = 2000
"""How many documents are read where the store cannot sort by what matters most."""
SINCE = timedelta(days=3)
"""How far back the reports go in which the page looks for rejections: the checks of the health report read as much."""
_OPEN = ("firing", "acknowledged", "snoozed")
BUCKET = 300
"""Seconds after which the first page is made anew, whether or not its stamp has changed."""
_COUNTED: tuple[tuple[str, Condition], ...] = (
    *(("alerts", ("state", "==", state)) for state in _OPEN),
    ("alerts", ("pending.place", ">", "")),
    ("events", ("quarantine", ">", "")),
    *((collection, ("state", "==", state)) for collection in ("outbox", "digests") for state in ("failed", "parked")),
)
_NEWEST = (("outbox", "created_at"), ("digests", "created_at"), ("dead_letters", "received_at"))


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

    def shown_as(self, show: Callable[[Row], Row]) -> "Rows":
        return Rows([show(row) for row in self.shown], self.total)


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents that were read, at most _MOST, and how many match."""

    docs: list[Doc]
    total: int

    @property
    def is_whole(self) -> bool:
        return self.total == len(self.docs)


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    return Page("today.html", today_view(context), TODAY, live=True)


def stamp(context: ConsoleContext) -> str:
    """A text that changes when the page does, for a read each: counts, the newest messages, and every five minutes.

    Whatever else changes, such as how often an alert has fired, the page shows within five minutes.
    """
    store, minute = context.store, int(context.now.timestamp()) // BUCKET
    counts = [store.count(collection, where=[condition]) for collection, condition in _COUNTED]
    newest = [
        (doc.path, doc.version)
        for collection, field in _NEWEST
        for doc in store.query(collection, order_by=field, descending=True, limit=1)
    ]
    silences = store.count("silences", where=[("ends_at", ">", iso(context.now))])
    rejected = store.get(REJECTIONS)
    return repr((minute, counts, newest, silences, rejected.version if rejected else ""))


def today_view(context: Context) -> Row:
    opened = {state: _read("alerts", [("state", "==", state)], context) for state in _OPEN}
    alerts, concerns = _open(opened, context), _concerns(context)
    urgent = [row for row in alerts.shown if row["urgent"]]
    return {
        "headline": _headline(opened, sum(rows.total or len(rows.shown) for rows in concerns), context),
        "open": alerts,
        "urgent": urgent[:_CARDS],
        "firing": urgent[_CARDS:] + [row for row in alerts.shown if _may_wait(row)],
        "acknowledged": [row for row in alerts.shown if row["state"] != "firing"],
        "together": _together(opened["firing"].docs, context),
        "concerns": [row for rows in concerns for row in rows.shown],
        "waiting": _waiting(context),
        "interruptions": _latest("outbox", "created_at", message_row, context),
        "digests": _latest("digests", "created_at", message_row, context),
    }


def _may_wait(row: Row) -> bool:
    """Whether it is firing, and neither urgent nor in the next digest, which has a list of its own."""
    return row["state"] == "firing" and not row["urgent"] and not row["waits"]


def _headline(opened: Mapping[str, Reading], concerns: int, context: Context) -> Headline:
    """The page in one sentence. It counts all open alerts, also those that no row shows."""
    firing, config = opened["firing"], context.config
    now = sum(needs_now(doc.data) for doc in firing.docs)
    return headline(
        now, firing.total - now + concerns, acknowledged=opened["acknowledged"].total, is_whole=firing.is_whole,
        snoozed=opened["snoozed"].total, is_night=is_night(config.focus, context.now, zone=config.timezone),
    )  # fmt: skip


def _concerns(context: Context) -> list[Rows]:
    """What opos could not do, or could not take in, each with the page that says more."""
    letters = _latest("dead_letters", "received_at", dead_letter_row, context)
    return [
        _undelivered(context).shown_as(_undelivered_concern),
        _rejected(context).shown_as(_rejected_concern),
        _quarantine(context).shown_as(_quarantine_concern),
        letters.shown_as(_letter_concern),
    ]


def _undelivered_concern(row: Row) -> Row:
    more = f"{row['channel']}, {row['attempts']} attempts. {row['fault']}. Fix the cause, then run `opos retry`"
    title = f"Not delivered: {row['title']}"
    return _concern("fail", "Not delivered", message_path(row["id"]), title, more, row["at"])


def _rejected_concern(row: Row) -> Row:
    times = "once" if row["count"] == 1 else f"{row['count']} times"
    origin = f" from {row['network']}" if row["network"] else ""
    more = f"Rejected {times}{origin}. {row['advice']}"
    return _concern("block", "Rejected", f"{SETTINGS}#sources", f"{row['place']}: {row['why']}", more, row["last"])


def _quarantine_concern(row: Row) -> Row:
    title = f"Webhook from {row['source']} failed validation"
    more = f"Quarantined: {row['quarantine']}. Fix the cause, then run `opos replay {row['id'][:8]}`"
    return _concern("box", "Quarantined", event_path(row["id"]), title, more, row["at"])


def _letter_concern(row: Row) -> Row:
    more = f"Fix the cause, then run `opos replay {row['event'][:8]}`" if row["event"] else ""
    path = event_path(row["event"]) if row["event"] else HEALTH
    title = f"Failed message: {row['subscription']} failed {row['attempts']} times"
    return _concern("warning", "Failed message", path, title, more, row["at"])


def _concern(icon: str, label: str, path: str, title: str, more: str, at: Moment) -> Row:
    return {"icon": icon, "label": label, "path": path, "title": title, "more": more, "at": at}


def _open(opened: Mapping[str, Reading], context: Context) -> Rows:
    """The open alerts in the order to act."""
    docs = sorted((doc for reading in opened.values() for doc in reading.docs), key=lambda doc: urgency(doc.data))
    shown = docs[:_MANY]
    rows = [{**open_row(doc, context), "urgent": needs_now(doc.data)} for doc in shown]
    texts = distinctions([doc.data for doc in shown])
    named_rows = [{**row, "title": named(row["title"], apart)} for row, apart in zip(rows, texts, strict=True)]
    return Rows(named_rows, sum(reading.total for reading in opened.values()))


def _together(firing: Iterable[Doc], context: Context) -> list[Row]:
    """A button for each group in which several alerts fire. It acts on what had notified when the page was made."""
    told: dict[str, list[str]] = {}
    for doc in firing:
        if doc.data.get("told_at") and doc.data.get("group"):
            told.setdefault(doc.data["group"], []).append(doc.data["told_at"])
    several = sorted(((len(times), id) for id, times in told.items() if len(times) > 1), reverse=True)[:_FEW]
    groups = [(group, count) for count, id in several if (group := context.store.get(f"groups/{id}"))]
    return [group_row(group, count, max(told[group.id]), context) for group, count in groups if group.data["called_at"]]


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
    collection: str,
    where: Sequence[Condition],
    context: Context,
    *,
    order_by: str | None = None,
    limit: int | None = None,
) -> Reading:
    """The matching documents up to *limit*. The store counts the others: a read for each thousand."""
    limit = limit or _MOST
    docs = list(context.store.query(collection, where=where, order_by=order_by, limit=limit))
    count = len(docs) if len(docs) < limit else context.store.count(collection, where=where)
    return Reading(docs, max(count, len(docs)))
