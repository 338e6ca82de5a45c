"""History under another configuration: every event again, at its own time, through the same decisions, in memory.

What a person did is not replayed, so only what interrupts for the first time is counted, and not its escalation.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.alerting.actions import wake
from shared.alerting.decision import decide, hear_all, with_alert_ids
from shared.alerting.focus import day_began
from shared.alerting.groups import page_joined, waiting
from shared.alerting.hold_reasons import Surroundings
from shared.alerting.muting import Silence
from shared.alerting.routes import route
from shared.alerting.state_machine import OPEN
from shared.alerting.verdict import Told, tell_all
from shared.config.model import Config
from shared.events import iso
from shared.intake.webhook import read_again
from shared.ports import Doc
from shared.services.alerting.notification import escalation_of
from shared.services.intake.acceptance import announcement

Document = dict[str, Any]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Page:
    at: datetime
    rule: str
    title: str
    total: int


@dataclass
class History:
    """A company's alerts as they would have been under *config*. `pages` are the interruptions, `digest` the lines."""

    config: Config
    silences: Sequence[Silence] = ()
    pages: list[Page] = field(default_factory=list)
    digest: Counter[str] = field(default_factory=Counter)
    alerts: dict[str, Document] = field(default_factory=dict)
    groups: dict[str, Document] = field(default_factory=dict)
    _timers: list[tuple[str, str]] = field(default_factory=list)

    def run(self, events: Iterable[Doc], *, until: datetime) -> "History":
        for doc in events:
            self._hear(doc)
        self._pass_time(until)
        return self

    def _hear(self, doc: Doc) -> None:
        event, signals = read_again(doc, self.config)
        now = event.received_at
        self._pass_time(now)
        message = announcement(event, signals, version=doc.version)
        pairs = with_alert_ids(message)
        known = {id: self.alerts[id] for id, _ in pairs if id in self.alerts}
        hearing = hear_all(pairs, known, message, routes=self.config.routes, inhibition=self.config.inhibition, now=now)
        decisions = decide(hearing, self._tell(hearing.wanting, now), routes=self.config.routes, now=now)
        self.alerts |= {one.alert_id: one.alert for one in decisions if one.alert}
        self._set_timers(one.alert_id for one in decisions)
        for one in decisions:
            if one.path == "digest" and one.alert:
                self.digest[rule_of(one.alert)] += 1

    def _pass_time(self, until: datetime) -> None:
        """Every minute tick before *until* at which somebody's time has come."""
        while self._timers and self._timers[0][0] <= iso(until):
            tick = _next_tick(datetime.fromisoformat(self._timers[0][0]))
            if tick > until:
                return
            self._wake(self._due(tick), tick)

    def _due(self, tick: datetime) -> list[str]:
        due = []
        while self._timers and self._timers[0][0] <= iso(tick):
            calls_at, id = heapq.heappop(self._timers)
            if self.alerts[id]["calls_at"] == calls_at and id not in due:
                due.append(id)
        return due

    def _wake(self, ids: list[str], now: datetime) -> None:
        changes = [wake(self.alerts[id]) for id in ids]
        told = self._tell([one.alert for one in changes if one.effect == "tell" and one.alert], now)
        self.alerts |= {one.alert["id"]: one.alert for one in told}
        self._set_timers(one.alert["id"] for one in told)
        for one in told:
            if one.verdict.path == "digest":
                self.digest[rule_of(one.alert)] += 1

    def _tell(self, alerts: Sequence[Document], now: datetime) -> list[Told]:
        candidates = [(alert, route(self.config.routes, alert["labels"])) for alert in alerts]
        told = list(tell_all(candidates, self._surroundings(now)))
        self._begin_to_wait(told, now)
        for id in dict.fromkeys(one.alert["group"] for one in told if one.verdict.path == "page"):
            self._page(id, [one for one in told if one.alert["group"] == id and one.verdict.path == "page"], now)
        return told

    def _page(self, id: str, members: list[Told], now: datetime) -> None:
        first = members[0]
        escalation = escalation_of(first.taken, self.config)
        call = page_joined(self.groups.get(id), id, first.taken, first.alert["labels"], escalation, now)
        self.groups[id] = {**call.group, "due_at": None}
        self.pages.append(Page(now, rule_of(first.alert), first.alert["title"], len(members)))

    def _begin_to_wait(self, told: Sequence[Told], now: datetime) -> None:
        for one in told:
            wait, id = one.taken[-1].settings.group_wait, one.alert["group"]
            if one.verdict.by == "group" and wait and one.verdict.until == now + wait:
                self.groups[id] = waiting(self.groups.get(id), id, one.taken, one.alert["labels"], now + wait)

    def _surroundings(self, now: datetime) -> Surroundings:
        config, today = self.config, day_began(now, zone=self.config.timezone)
        budget = config.focus.budget
        return Surroundings(
            now, config.timezone, intervals=config.time_intervals, silences=self.silences,
            inhibition=config.inhibition, focus=config.focus, groups=self.groups,
            inhibitors=[one for one in self.alerts.values() if one["inhibits"] and one["state"] in OPEN],
            pages_left=config.route.pages_per_minute - self._paged_since(now - MINUTE),
            interruptions_left=budget.interruptions_per_day - self._paged_since(today) if budget else None,
        )  # fmt: skip

    def _paged_since(self, moment: datetime) -> int:
        count = 0
        for page in reversed(self.pages):
            if page.at <= moment:
                break
            count += 1
        return count

    def _set_timers(self, ids: Iterable[str]) -> None:
        for id in dict.fromkeys(ids):
            if (alert := self.alerts.get(id)) and alert["calls_at"]:
                heapq.heappush(self._timers, (alert["calls_at"], id))


def rule_of(alert: Document) -> str:
    """The rule that an alert comes from: its source and name; of a business event its source."""
    name = alert["labels"].get("alertname")
    return f"{alert['source']} {name}" if name else f"{alert['source']} business events"


def _next_tick(moment: datetime) -> datetime:
    minute = moment.replace(second=0, microsecond=0)
    return minute if minute == moment else minute + MINUTE
