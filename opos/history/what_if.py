"""History under another configuration: every event again, at its own time, through the router's decisions, in memory.

What a person did is not replayed, so only the first notification of each escalation counts.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.alerting.actions import end_timer
from shared.alerting.alert import AlertDoc
from shared.alerting.decision import GroupChange, Judgement, decide, judge_alerts, with_alert_ids
from shared.alerting.focus import Period
from shared.alerting.groups import GroupDoc
from shared.alerting.noise import rule_of
from shared.alerting.silences import Silence
from shared.alerting.situation import Situation
from shared.alerting.state_machine import OPEN
from shared.config.model import Config
from shared.events import iso
from shared.intake.webhook import read_again
from shared.ports import Doc
from shared.services.intake.acceptance import announcement

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Notification:
    at: datetime
    rule: str
    title: str
    total: int
    messages: int


@dataclass
class History:
    """A company's alerts as they would have been under *config*: the World of its own situations.

    `pages` are the notifications, `digest` counts the lines of digests by rule.
    """

    config: Config
    known_silences: Sequence[Silence] = ()
    pages: list[Notification] = field(default_factory=list)
    digest: Counter[str] = field(default_factory=Counter)
    alerts: dict[str, AlertDoc] = field(default_factory=dict)
    groups: dict[str, GroupDoc] = field(default_factory=dict)
    _timers: list[tuple[str, str]] = field(default_factory=list)

    def run(self, events: Iterable[Doc], *, until: datetime) -> "History":
        for doc in events:
            self._route(doc)
        self._pass_time(until)
        return self

    def silences(self) -> Sequence[Silence]:
        return self.known_silences

    def inhibitors(self) -> Sequence[AlertDoc]:
        return [alert for alert in self.alerts.values() if alert["inhibits"] and alert["state"] in OPEN]

    def group(self, id: str) -> GroupDoc | None:
        return self.groups.get(id)

    def is_unanswered(self, group: str, is_muted: Callable[[AlertDoc], bool]) -> bool:  # noqa: ARG002  (nobody answers)
        return True

    def focus_blocks(self) -> Sequence[Period]:
        return ()

    def notifications_since(self, start: datetime) -> int:
        count = 0
        for page in reversed(self.pages):
            if page.at <= start:
                break
            count += page.messages
        return count

    def _route(self, doc: Doc) -> None:
        event, signals = read_again(doc, self.config)
        now = event.received_at
        self._pass_time(now)
        message = announcement(event, signals, version=doc.version)
        named = with_alert_ids(message)
        known = {id: self.alerts[id] for id, _ in named if id in self.alerts}
        decided = decide(named, known, message, Situation(now, self.config, self))
        self.alerts |= decided.alerts
        self._set_timers(decided.alerts)
        self._change_groups(decided.judgement)
        for decision in decided.decisions:
            if decision.path == "digest" and decision.alert:
                self.digest[rule_name(decision.alert)] += 1

    def _pass_time(self, until: datetime) -> None:
        """Every minute tick before *until* at which a timer ends."""
        while self._timers and self._timers[0][0] <= iso(until):
            tick = _next_tick(datetime.fromisoformat(self._timers[0][0]))
            if tick > until:
                return
            self._end_timers(self._due(tick), tick)

    def _due(self, tick: datetime) -> list[str]:
        due = []
        while self._timers and self._timers[0][0] <= iso(tick):
            calls_at, id = heapq.heappop(self._timers)
            if self.alerts[id]["calls_at"] == calls_at and id not in due:
                due.append(id)
        return due

    def _end_timers(self, ids: list[str], now: datetime) -> None:
        changes = [end_timer(self.alerts[id]) for id in ids]
        alerts = [change.alert for change in changes if change.effect == "notify" and change.alert]
        judgement = judge_alerts(alerts, Situation(now, self.config, self))
        self.alerts |= {member.alert["id"]: member.alert for member in judgement.judged}
        self._set_timers(member.alert["id"] for member in judgement.judged)
        self._change_groups(judgement)
        for member in judgement.judged:
            if member.verdict.path == "digest":
                self.digest[rule_name(member.alert)] += 1

    def _change_groups(self, judgement: Judgement) -> None:
        for change in judgement.group_changes():
            self.groups[change.group["id"]] = {**change.group, "due_at": None}
            if change.page:
                self.pages.append(_notification(change, len(change.page.step.channels), judgement.situation.now))

    def _set_timers(self, ids: Iterable[str]) -> None:
        for id in dict.fromkeys(ids):
            if (alert := self.alerts.get(id)) and alert["calls_at"]:
                heapq.heappush(self._timers, (alert["calls_at"], id))


def rule_name(alert: AlertDoc) -> str:
    """The rule that an alert comes from: its source and alertname; for a business event its source."""
    source, alertname = rule_of(alert)
    return f"{source} {alertname}" if alertname else f"{source} business events"


def _notification(change: GroupChange, messages: int, now: datetime) -> Notification:
    first = change.members[0].alert
    return Notification(now, rule_name(first), first["title"], len(change.members), messages)


def _next_tick(time: datetime) -> datetime:
    minute = time.replace(second=0, microsecond=0)
    return minute if minute == time else minute + MINUTE
