"""What becomes of one event: the decision on each of its signals, with the reason, and what its groups do.

The router, a preview of a replay and a what-if all decide here, so they cannot differ.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.alerting.actions import act
from shared.alerting.alert import AlertDoc, alert_id, labels_of, pending
from shared.alerting.groups import GroupDoc, Page, page_now, waiting, with_routes
from shared.alerting.hold_reasons import Outcome, group_interval, group_wait
from shared.alerting.inhibition import Inhibitor
from shared.alerting.interruption import interrupted_places
from shared.alerting.lifecycle import (
    Change,
    Received,
    Thresholds,
    apply,
    is_said_before_the_last_firing,
    noted,
)  # fmt: skip
from shared.alerting.places import Courses, courses_of
from shared.alerting.routes import Node, able_to_notify, ack_timeout, route
from shared.alerting.situation import Rules, Situation
from shared.alerting.state_machine import OPEN
from shared.alerting.verdict import Judged, judge_all
from shared.events import Alert, BusinessEvent, EventAccepted, Signal, is_urgent

_NOT_WORTH_A_LINE = frozenset({"silence", "inhibition", "flapping"})
"""What these held and what resolves before you were notified needs no line in the digest either."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`alert` is the alert's whole new document; None leaves it as it was. `reason` is for a person."""

    alert_id: str
    path: Outcome
    reason: str
    alert: AlertDoc | None = None

    def summary(self) -> dict[str, str]:
        return {"alert": self.alert_id, "path": self.path, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What the verdicts on `members` make of their group: its new document, and the page if it notifies now."""

    group: GroupDoc
    members: Sequence[Judged]
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Alerts with their verdicts, and the situation in which these were made."""

    situation: Situation
    judged: Sequence[Judged] = ()

    def by_group(self) -> dict[str, list[Judged]]:
        """The alerts of each group, in the order in which a page names them; those of no group under ""."""
        members: dict[str, list[Judged]] = {}
        for judged in sorted(self.judged, key=lambda judged: page_order(judged.alert)):
            members.setdefault(judged.alert["group"] or "", []).append(judged)
        return members

    def group_change(self, id: str, members: Sequence[Judged]) -> GroupChange | None:
        """What the verdicts on *members*, all of the group *id*, make of it: a page, or the start of its wait."""
        rules, now = self.situation.rules, self.situation.now
        paged = [member for member in members if member.verdict.path == "page"]
        joining = courses_of(united(member.joining for member in members), rules.escalations)
        if paged:
            first, routes = paged[0], united(member.routes for member in paged)
            known = self._with_routes(self.situation.group(id, group_interval(first.routes)), joining)
            interrupted = interrupted_places((member.alert, [node.key for node in member.routes]) for member in paged)
            courses = courses_of(routes, rules.escalations)
            page = page_now(known, id, first.matched, first.alert["labels"], courses, now, interrupted=interrupted)
            return GroupChange(page.group, paged, page)
        if joining and (known := self.situation.group(id, timedelta(0))):
            return GroupChange(self._with_routes(known, joining) or known, members)
        for member in members:
            wait = group_wait(member.routes)
            if member.verdict.by == "group" and wait and member.verdict.until == now + wait:
                known = self.situation.group(id, timedelta(0))
                group = waiting(known, id, member.matched, member.alert["labels"], now + wait)
                return GroupChange(group, [member])
        return None

    def _with_routes(self, known: GroupDoc | None, joining: Courses) -> GroupDoc | None:
        """The group *known* after routes begin to escalate in it. One that is idle, or of an earlier release, stays."""
        if not known or not known["due_at"] or not known["courses"]:
            return known
        return with_routes(known, joining, self.situation.now)

    def group_changes(self) -> Iterator[GroupChange]:
        changes = (self.group_change(id, members) for id, members in self.by_group().items())
        return (change for change in changes if change is not None)


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions on the signals of one event, in order, and the verdicts that they rest on."""

    decisions: list[Decision]
    judgement: Judgement

    @property
    def alerts(self) -> dict[str, AlertDoc]:
        """The alerts that change, as the last of their decisions left them."""
        return {decision.alert_id: decision.alert for decision in self.decisions if decision.alert}


@dataclass
class _Applied:
    """What the signals of an event made of their alerts: a change each, and the documents after the last change."""

    changes: list[tuple[str, Change]] = field(default_factory=list)
    alerts: dict[str, AlertDoc] = field(default_factory=dict)

    def to_judge(self) -> list[AlertDoc]:
        """The alerts that should notify, and that the same event has not resolved since."""
        ids = dict.fromkeys(id for id, change in self.changes if change.effect == "notify")
        return [alert for id in ids if (alert := self.alerts[id])["state"] in OPEN]


def with_alert_ids(message: EventAccepted) -> list[tuple[str, Signal]]:
    """The signals of *message*, each with the id of its alert."""
    return [
        (alert_id(message.source, message.id, index, signal), signal) for index, signal in enumerate(message.signals)
    ]


def undecided(message: EventAccepted, done: Iterable[Mapping[str, str]]) -> list[tuple[str, Signal]]:
    """The signals of *message* that *done*, summaries of decisions, does not decide, each with the id of its alert.

    The alerts that may need a notification come first, each with all its signals in their order.
    """
    signals, decided = with_alert_ids(message), Counter(summary["alert"] for summary in done)
    urgent = {id for id, signal in signals if is_urgent(signal)}
    rest = list[tuple[str, Signal]]()
    for id, signal in sorted(signals, key=lambda pair: pair[0] not in urgent):
        decided[id] -= 1
        rest += [(id, signal)] * (decided[id] < 0)
    return rest


def page_order(alert: AlertDoc) -> tuple[bool, str, str]:
    """The key by which a page sorts its alerts: critical ones first, then those that have fired longest."""
    return alert["severity"] != "critical", alert["first_seen"], alert["id"]


def united(routes: Iterable[Sequence[Node]]) -> list[Node]:
    """The routes of several alerts, each once."""
    return list({node.path: node for nodes in routes for node in nodes}.values())


def judge_alerts(alerts: Iterable[AlertDoc], situation: Situation) -> Judgement:
    """The verdicts on *alerts*, each of which should notify."""
    return Judgement(situation, list(judge_all(alerts, situation)))


def decide(
    signals: Sequence[tuple[str, Signal]],
    known: Mapping[str, AlertDoc],
    message: EventAccepted,
    situation: Situation,
    rest: Sequence[tuple[str, Signal]] = (),
) -> Decisions:
    """What becomes of *signals* (each with its alert's id), given the *known* documents of their alerts.

    *rest* are the signals of the same event that are decided later: an alert that they fire inhibits others already.
    """
    applied = _apply_all(signals, known, message, situation)
    situation.changing, situation.coming = applied.alerts, _sources(rest, message, situation.rules)
    judgement = judge_alerts(applied.to_judge(), situation)
    judged = {member.alert["id"]: member for member in judgement.judged}
    decisions = [
        _decision(id, change, applied.alerts.get(id), judged.get(id), situation) for id, change in applied.changes
    ]
    return Decisions(decisions, judgement)


def _apply_all(
    signals: Sequence[tuple[str, Signal]], known: Mapping[str, AlertDoc], message: EventAccepted, situation: Situation
) -> _Applied:
    """Each signal sees what the ones before it did."""
    applied, state = _Applied(), dict(known)
    for id, signal in signals:
        change = _apply(signal, state.get(id), id, message, situation)
        if change.alert is not None:
            alert: AlertDoc = {**change.alert, "inhibits": _inhibits(change.alert, situation.rules)}
            state[id] = applied.alerts[id] = alert
        applied.changes.append((id, change))
    return applied


def _sources(signals: Sequence[tuple[str, Signal]], message: EventAccepted, rules: Rules) -> list[Inhibitor]:
    """The alerts that *signals* leave firing and that may inhibit others, as if nothing else were known of them."""
    last = {id: signal for id, signal in signals if isinstance(signal, Alert)} if rules.inhibition.rules else {}
    alerts: list[Inhibitor] = [
        {"id": id, "labels": labels_of(signal, source=message.source, type=message.type), "title": signal.title}
        for id, signal in last.items()
        if signal.status == "firing"
    ]
    return [alert for alert in alerts if rules.inhibition.is_source(alert["labels"])]


def _apply(signal: Signal, known: AlertDoc | None, id: str, message: EventAccepted, situation: Situation) -> Change:
    now = situation.now
    if isinstance(signal, BusinessEvent):
        own = {**signal.labels, "source": message.source, "alertname": message.type, "severity": "info"}
        news = signal.model_copy(update={"money": None}) if message.repeats else signal  # no sum counts it twice
        return noted(news, known, id=id, labels=own, event=message.id, now=now)
    if message.repeats and signal.status != "firing":
        return Change(None, "record", _ends_nothing(message))
    labels = labels_of(signal, source=message.source, type=message.type)
    routes = route(situation.rules.routes, labels)
    thresholds = _thresholds(routes)
    received = Received(signal, id, message.source, message.id, labels, message.received_at, now, thresholds)
    if signal.status != "acknowledged":
        return apply(received, known)
    if known and is_said_before_the_last_firing(received, known):
        return Change(None, "record", "was acknowledged before it fired again")
    return act(known, "is acknowledged", by="its sender", now=now, until=now + ack_timeout(routes))


def _thresholds(routes: tuple[Node, ...]) -> Thresholds:
    """Each route counts firings for itself. A resolve counts for all routes, once it counts for each that notifies."""
    successes = [node.settings.success_threshold for node in able_to_notify(routes)]
    least, *later = sorted({node.settings.failure_threshold for node in routes})
    return Thresholds(least, max(successes), tuple(later))


def _ends_nothing(message: EventAccepted) -> str:
    """A repeat may notify you, but only its sender, or you, may end what notifies you."""
    return (
        f"repeats event {message.repeats[:8]} under another delivery id, so it ends nothing; `opos replay` applies it"
    )


def _inhibits(alert: AlertDoc, rules: Rules) -> bool | None:
    return True if alert["state"] in OPEN and rules.inhibition.is_source(alert["labels"]) else None


def _decision(id: str, change: Change, alert: AlertDoc | None, judged: Judged | None, situation: Situation) -> Decision:
    """The decision on one signal; *alert* is as the last signal of the event left it."""
    if alert is None or change.alert is None:
        return Decision(id, "record", change.reason)
    if judged is not None:
        if change.effect != "notify":
            return Decision(id, "record", change.reason, judged.alert)
        return Decision(id, judged.verdict.path, f"{change.reason}; {judged.verdict.reason}", judged.alert)
    resolves = change.effect == "close" or (change.effect == "notify" and alert["state"] == "resolved")
    if alert["state"] != "noted" and not resolves:
        return Decision(id, "record", change.reason, alert)
    held = alert["held"]
    if resolves and held and held["by"] in _NOT_WORTH_A_LINE and not alert["told_at"]:
        return Decision(id, "record", change.reason, {**alert, "pending": None})
    return Decision(id, "digest", change.reason, _queued(alert, situation))


def _queued(alert: AlertDoc, situation: Situation) -> AlertDoc:
    """*alert* waiting for its digest; one that waits already keeps its place."""
    queue = route(situation.rules.routes, alert["labels"])[-1].settings.digest
    return {**alert, "pending": alert["pending"] or pending(queue, situation.now)}
