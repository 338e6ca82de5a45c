"""The first page: what needs the operator now, what can wait, and what waits for the digest, in bounded queries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeGuard

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import HEALTH, SETTINGS, TODAY, ask_path, event_path, heartbeat_path, message_path
from functions.console.rows import Row, at, group_row, message_row, open_row, pending_row
from shared.alerting.attention import needs_now
from shared.context import Context
from shared.events import iso
from shared.ports import Condition, Doc
from shared.ports.earlier_documents import PROGRESS
from shared.ports.terms import NOW
from shared.services.asks.asks import count_open
from shared.services.health.checks.pipeline import SWEEP
from shared.services.intake.rejections import PATH as REJECTIONS
from shared.services.standing.standing import is_late, standing
from shared.services.standing.waiting import Problem, Section
from shared.values.distinction import distinctions, named
from shared.values.http import HttpRequest

_FEW = 20
_SHOWN = 50
_CARDS = 5
"""How many urgent alerts have a card of their own; the others are rows."""
_OPEN = ("firing", "acknowledged", "snoozed")
BUCKET = 300
"""Seconds after which the first page is made anew, whether or not its stamp has changed."""
_COUNTED: tuple[tuple[str, Condition], ...] = (
    *(("alerts", ("state", "==", state)) for state in _OPEN),
    ("alerts", ("urgency", ">=", NOW.begin)),
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
    rewritten = [doc.version if (doc := store.get(path)) else "" for path in (REJECTIONS, PROGRESS)]
    sweep = store.get(SWEEP)
    is_silent = is_late(sweep.data["at"], context) if sweep else False
    return repr((minute, counts, newest, silences, count_open(context), rewritten, is_silent))


def today_view(context: Context) -> Row:
    now = standing(context, is_serving=True)
    rows = alert_rows(now.alerts.docs[:_SHOWN], context)
    urgent = [row for row in rows if row["urgent"]]
    doubled = {doc.id for doc in now.firing}
    return {
        "headline": now.headline, "silent": now.is_silent, "needing": now.now, "swept": at(now.sweep, context),
        "urgent": urgent[:_CARDS],
        "firing": urgent[_CARDS:] + [row for row in rows if row["id"] in doubled and not row["waits"]],
        "acknowledged": [row for row in rows if row["state"] != "firing"],
        "left_out": now.alerts.total - len(rows),
        "together": _together(now.alerts.docs, context),
        "concerns": [_concern(section, problem, context) for section in now.waits for problem in section.problems],
        "more": [_more(section) for section in now.waits if section.count > len(section.problems)],
        "digests": [_next_digest(digest, context) for digest in now.digests],
        "waiting": _waiting(context),
        "interruptions": _latest("outbox", "created_at", message_row, context),
        "sent": _latest("digests", "created_at", message_row, context),
    }  # fmt: skip


def alert_rows(docs: Sequence[Doc], context: Context) -> list[Row]:
    """The rows of *docs*, those of the same title with what tells them apart."""
    rows = [{**open_row(doc, context), "urgent": needs_now(doc.data)} for doc in docs]
    texts = distinctions([doc.data for doc in docs])
    return [{**row, "title": named(row["title"], apart)} for row, apart in zip(rows, texts, strict=True)]


def _concern(section: Section, problem: Problem, context: Context) -> Row:
    """Something that can wait, with the page that says more."""
    icon, label, path, lead = _SECTIONS[section.name]
    return {
        "icon": icon, "label": label, "path": path(problem.id), "title": f"{lead}{problem.title}",
        "more": problem.detail, "at": at(problem.at, context) if problem.at else None,
    }  # fmt: skip


def _more(section: Section) -> Row:
    """How many others of a section there are."""
    return {"count": section.count - len(section.problems), "name": section.name}


def _next_digest(digest: Mapping[str, Any], context: Context) -> Row:
    return {**digest, "at": at(digest["due_at"], context)}


_SECTIONS: Mapping[str, tuple[str, str, Callable[[str], str], str]] = {
    "asks": ("ask", "Ask", ask_path, ""),
    "not delivered": ("fail", "Not delivered", message_path, "Not delivered: "),
    "quarantined": ("box", "Quarantined", event_path, "Failed validation: "),
    "sources rejected": ("block", "Rejected", lambda _: f"{SETTINGS}#sources", "Rejected: "),
    "failed messages": ("warning", "Failed message", event_path, "Failed message: "),
    "heartbeats missed": ("wait", "Heartbeat", heartbeat_path, "Heartbeat "),
    "health warnings": ("warning", "Health", lambda name: f"{HEALTH}#{name}", ""),
}
"""Of each section: icon, label, the page of a problem by its id, and what comes before its title."""


def _together(docs: Sequence[Doc], context: Context) -> list[Row]:
    """A button for each group in which several alerts fire. It acts on what had notified when the page was made."""
    told: dict[str, str] = {}
    for doc in docs:
        if doc.data["state"] == "firing" and doc.data.get("told_at") and doc.data.get("group"):
            told[doc.data["group"]] = max(told.get(doc.data["group"], ""), doc.data["told_at"])
    counts = {id: context.store.count("alerts", where=[("open_in", "==", id)]) for id in islice(told, _FEW)}
    groups = (context.store.get(f"groups/{id}") for id, count in counts.items() if count > 1)
    return [group_row(group, counts[group.id], told[group.id], context) for group in groups if _is_called(group)]


def _is_called(group: Doc | None) -> TypeGuard[Doc]:
    return group is not None and bool(group.data["called_at"])


def _waiting(context: Context) -> Rows:
    """The alerts that wait for any digest, the longest wait first."""
    where: list[Condition] = [("pending.place", ">", "")]
    docs = list(context.store.query("alerts", where=where, order_by="pending.place", limit=_FEW))
    rows = sorted((pending_row(doc, context) for doc in docs), key=lambda row: str(row["waits"].iso))
    return Rows(rows, len(docs) if len(docs) < _FEW else context.store.count("alerts", where=where))


def _latest(collection: str, by: str, show: Callable[[Doc, Context], Row], context: Context) -> Rows:
    docs = list(context.store.query(collection, order_by=by, descending=True, limit=_FEW + 1))
    rows = [show(doc, context) for doc in docs[:_FEW]]
    return Rows(rows, len(docs) if len(docs) == len(rows) else None)
