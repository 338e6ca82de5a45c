"""What can wait: the problems that no open alert shows, each kind with its count and the first few."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.asks.ask import AskDoc, as_ask, called
from shared.context import Context
from shared.events import OWN_SOURCE, document_id
from shared.health.failures import FAILURES
from shared.intake.heartbeats import state
from shared.intake.rejections import Rejected, rejected_sources, watched
from shared.ports import Condition, Doc
from shared.services.asks.asks import count_open, open_asks
from shared.services.health.checks.pipeline import SWEEP
from shared.services.intake.pings import beats
from shared.services.intake.rejections import among
from shared.services.outbox.addressees import receiver_name
from shared.services.outbox.message import made_at
from shared.services.slo.indicators import last_accepted, reported
from shared.values.kinds import DIGEST, EVENT, FAILED_MESSAGE, MESSAGE, Kind
from shared.values.local_time import local_time
from shared.values.text import headline

FEW = 3
READ = 200
"""How many documents of a kind are read, of which the newest are shown: no index has their times."""
_SINCE = timedelta(days=3)
"""How far back the reports go in which rejections are looked for, as on the console."""
_STATES = {"late": "missed", "failing": "failing"}
_SAME = {
    "not delivered": ("pages-refused", "digests-refused"), "quarantined": ("events-quarantined",),
    "sources rejected": ("webhooks-rejected",), "failed messages": ("messages-dead",),
}  # fmt: skip
"""The failures that only count what a section shows, by the name of the section."""
_ONE = {
    "sources rejected": "source rejected", "failed messages": "failed message", "heartbeats missed": "heartbeat missed",
    "health warnings": "health warning", "asks": "ask",
}  # fmt: skip
AlertIds = frozenset[str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that can wait, since the stored time `at`, with more about it in `detail`.

    *about* is the id of the alert that opos raises for it, if it raises any.
    """

    id: str
    title: str
    about: str = ""
    at: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The problems of one kind: *count* of them, the first FEW, and the words of the command that shows them."""

    name: str
    count: int
    problems: tuple[Problem, ...]
    command: tuple[str, ...]

    @property
    def words(self) -> str:
        """The count and the name: `1 health warning`."""
        return f"{self.count:,} {_ONE.get(self.name, self.name) if self.count == 1 else self.name}"


def sections(open_ids: AlertIds, context: Context) -> list[Section]:
    """The sections that are not empty. What an alert in *open_ids* shows already is left out."""
    stored = [_asks(context), _undelivered(context), _quarantined(context), _rejected(context), _failed(context)]
    stored = [section for section in stored if section.count]
    every = [
        *stored,
        _listed("heartbeats missed", _heartbeats(context), ("heartbeat", "list"), open_ids),
        _listed("health warnings", _warnings(context), ("doctor",), open_ids | _counted_by(stored)),
    ]
    return [section for section in every if section.count]


def reported_by_opos(shown: Sequence[Section]) -> AlertIds:
    """The alerts by which opos reports what the sections show: to count them also would count a thing twice."""
    about = (problem.about for section in shown for problem in section.problems if problem.about)
    return frozenset(about) | _counted_by(shown)


def _counted_by(shown: Iterable[Section]) -> AlertIds:
    """The alerts, or what would be their ids, of the failures that the sections *shown* say with more words."""
    return frozenset(_health_alert(name) for section in shown for name in _SAME.get(section.name, ()))


def _health_alert(failure: str) -> str:
    return document_id(OWN_SOURCE, f"health:{failure}")


def _listed(name: str, problems: Iterator[Problem], command: tuple[str, ...], open_ids: AlertIds) -> Section:
    rest = [problem for problem in problems if problem.about not in open_ids]
    return Section(name, len(rest), tuple(rest[:FEW]), command)


def _asks(context: Context) -> Section:
    """The open asks, those with the nearest deadline first, then the oldest."""
    docs = open_asks(context, FEW)
    problems = [
        Problem(doc.id, headline(ask["title"]), at=ask["created_at"], detail=_asked(ask, context))
        for doc, ask in ((doc, as_ask(doc.data)) for doc in docs)
    ]
    return Section("asks", len(docs) if len(docs) < FEW else count_open(context), tuple(problems), ("asks",))


def _asked(ask: AskDoc, context: Context) -> str:
    until, zone = ask["decide_by"], ZoneInfo(context.config.timezone)
    expires = f", expires {local_time(datetime.fromisoformat(until), zone, context.now)}" if until else ""
    return f"{ask['kind'].capitalize()}, asked by {called(ask['asker'], context.config.owner)}{expires}"


def _undelivered(context: Context) -> Section:
    parts = [
        _stored(kind, [("state", "==", state)], context, _undelivered_problem)
        for kind in (MESSAGE, DIGEST) for state in ("failed", "parked")
    ]  # fmt: skip
    problems = _newest(problem for _, some in parts for problem in some)
    return Section("not delivered", sum(count for count, _ in parts), problems, ("retry",))


def _quarantined(context: Context) -> Section:
    count, problems = _stored(EVENT, [("quarantine", ">", "")], context, _quarantine_problem)
    return Section("quarantined", count, _newest(problems), ("events", "--state", "quarantined"))


def _failed(context: Context) -> Section:
    count, problems = _stored(FAILED_MESSAGE, [("received_at", ">", "")], context, _failed_problem)
    return Section("failed messages", count, _newest(problems), ("doctor",))


def _undelivered_problem(kind: Kind, doc: Doc) -> Problem:
    parts = (receiver_name(doc.data), str(doc.data.get("last_fault") or ""))
    return Problem(doc.id, kind.title(doc.data), at=made_at(doc.data), detail=": ".join(filter(None, parts)))


def _quarantine_problem(_kind: Kind, doc: Doc) -> Problem:
    source = doc.data.get("source", "")
    about = document_id(source, f"quarantine:{source}")
    at = str(doc.data.get("received_at", ""))
    title = f"Webhook from {source}"
    return Problem(doc.id, title, about, at, str(doc.data.get("quarantine", "")))


def _failed_problem(_kind: Kind, doc: Doc) -> Problem:
    about = document_id(OWN_SOURCE, f"dead-letter:{doc.data.get('subscription', '')}")
    detail = f"{doc.data.get('attempts', 0)} attempts"
    title = str(doc.data.get("subscription", ""))
    return Problem(str(doc.data.get("event") or ""), title, about, str(doc.data["received_at"]), detail)


def _newest(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.at, reverse=True)[:FEW])


def _stored(
    kind: Kind, where: Sequence[Condition], context: Context, problem: Callable[[Kind, Doc], Problem]
) -> tuple[int, list[Problem]]:
    """How many documents match, and READ of them. The store counts the others."""
    ranged = next((name for name, operator, _ in where if operator != "=="), None)
    docs = list(context.store.query(kind.collection, where=where, order_by=ranged, limit=READ))
    count = len(docs) if len(docs) < READ else context.store.count(kind.collection, where=where)
    return count, [problem(kind, doc) for doc in docs]


def _rejected(context: Context) -> Section:
    reports = reported(context.store, context.now - _SINCE)
    rejected = rejected_sources(among(reports), last_accepted(reports), watched(context.config), context.now)
    problems = [
        Problem(place, f"{place}: {count.words}", at=str(count.last), detail=_rejection(count))
        for place, count in rejected.items()
    ]
    return Section("sources rejected", len(problems), tuple(problems[:FEW]), ("doctor",))


def _rejection(count: Rejected) -> str:
    times = "once" if count.times == 1 else f"{count.times:,} times"
    origin = f" from {count.network}" if count.network else ""
    return f"Rejected {times}{origin}. {count.advice}"


def _heartbeats(context: Context) -> Iterator[Problem]:
    for name, beat in beats(context).items():
        if word := _STATES.get(state(beat)):
            end = ":failed" if word == "failing" else ""
            since = str(beat["failed_at"] or beat["missed_at"] or "")
            yield Problem(name, f"{name}: {word}", document_id(OWN_SOURCE, f"heartbeat:{name}{end}"), since)


def _warnings(context: Context) -> Iterator[Problem]:
    """The failures that the last sweep has seen."""
    doc = context.store.get(SWEEP)
    broken = doc.data.get("broken", {}) if doc else {}
    for name in broken:
        if name in FAILURES:
            about, since = _health_alert(name), str(broken[name].get("since", ""))
            yield Problem(name, FAILURES[name].title, about, since, FAILURES[name].affects)
