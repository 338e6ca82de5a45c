"""What can wait: the problems that no open alert shows, each kind with its count and the first few."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from opos.terminal.kinds import DIGEST, EVENT, FAILED_MESSAGE, MESSAGE, Kind
from shared.context import Context
from shared.events import OWN_SOURCE, document_id
from shared.health.failures import FAILURES
from shared.intake.heartbeats import state
from shared.intake.rejections import rejected_sources, watched
from shared.ports import Condition, Doc
from shared.services.health.checks.pipeline import SWEEP
from shared.services.intake.pings import beat_of
from shared.services.intake.rejections import among
from shared.services.slo.indicators import last_accepted, reported

FEW = 3
_SINCE = timedelta(days=3)
"""How far back the reports go in which rejections are looked for, as on the console."""
_STATES = {"late": "missed", "failing": "failing"}
AlertIds = frozenset[str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that can wait. *about* is the id of the alert that opos raises for it, if it raises any."""

    id: str
    title: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The problems of one kind: *count* of them, the first FEW, and the words of the command that shows them."""

    name: str
    count: int
    problems: tuple[Problem, ...]
    command: tuple[str, ...]


def sections(open_ids: AlertIds, context: Context) -> list[Section]:
    """The sections that are not empty. What an alert in *open_ids* shows already is left out."""
    every = [
        _undelivered(context), _quarantined(context), _rejected(context), _failed(context),
        _listed("heartbeats missed", _heartbeats(context), ("heartbeat", "list"), open_ids),
        _listed("health warnings", _warnings(context), ("doctor",), open_ids),
    ]  # fmt: skip
    return [section for section in every if section.count]


def reported_by_opos(shown: Sequence[Section]) -> AlertIds:
    """The alerts by which opos reports what the sections show: to count them also would count a thing twice."""
    return frozenset(problem.about for section in shown for problem in section.problems if problem.about)


def _listed(name: str, problems: Iterator[Problem], command: tuple[str, ...], open_ids: AlertIds) -> Section:
    rest = [problem for problem in problems if problem.about not in open_ids]
    return Section(name, len(rest), tuple(rest[:FEW]), command)


def _undelivered(context: Context) -> Section:
    parts = [
        _stored(kind, [("state", "==", state)], context) for kind in (MESSAGE, DIGEST) for state in ("failed", "parked")
    ]
    problems = tuple(problem for _, some in parts for problem in some)
    return Section("not delivered", sum(count for count, _ in parts), problems[:FEW], ("retry",))


def _quarantined(context: Context) -> Section:
    count, problems = _stored(EVENT, [("quarantine", ">", "")], context, "quarantine", _quarantine_alert)
    return Section("quarantined", count, problems, ("events", "--state", "quarantined"))


def _failed(context: Context) -> Section:
    count, problems = _stored(FAILED_MESSAGE, [("received_at", ">", "")], context, "received_at", _dead_letter_alert)
    return Section("failed messages", count, problems, ("doctor",))


def _quarantine_alert(doc: Doc) -> str:
    return document_id(doc.data["source"], f"quarantine:{doc.data['source']}")


def _dead_letter_alert(doc: Doc) -> str:
    return document_id(OWN_SOURCE, f"dead-letter:{doc.data['subscription']}")


def _stored(
    kind: Kind, where: Sequence[Condition], context: Context, order_by: str | None = None,
    about: Callable[[Doc], str] = lambda _: "",
) -> tuple[int, tuple[Problem, ...]]:  # fmt: skip
    """How many documents match, and the first FEW. The store counts the others."""
    docs = list(context.store.query(kind.collection, where=where, order_by=order_by, limit=FEW + 1))
    count = len(docs) if len(docs) <= FEW else context.store.count(kind.collection, where=where)
    return count, tuple(Problem(doc.id, kind.title(doc.data), about(doc)) for doc in docs[:FEW])


def _rejected(context: Context) -> Section:
    reports = reported(context.store, context.now - _SINCE)
    rejected = rejected_sources(among(reports), last_accepted(reports), watched(context.config), context.now)
    problems = [Problem(place, f"{place}: {count.words}") for place, count in rejected.items()]
    return Section("sources rejected", len(problems), tuple(problems[:FEW]), ("doctor",))


def _heartbeats(context: Context) -> Iterator[Problem]:
    for name in context.config.heartbeats:
        beat = beat_of(name, context.store.get(f"heartbeats/{name}"))
        if word := _STATES.get(state(beat)):
            end = ":failed" if word == "failing" else ""
            yield Problem(name, f"{name}: {word}", document_id(OWN_SOURCE, f"heartbeat:{name}{end}"))


def _warnings(context: Context) -> Iterator[Problem]:
    """The failures that the last sweep has seen."""
    doc = context.store.get(SWEEP)
    for name in doc.data.get("broken", {}) if doc else ():
        if name in FAILURES:
            yield Problem(name, FAILURES[name].title, document_id(OWN_SOURCE, f"health:{name}"))
