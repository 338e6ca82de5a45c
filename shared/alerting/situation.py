"""The situation in which an alert is judged: the configuration, the time, and what else is going on.

A verdict reads all of that here, and nowhere else: for the router, the sweeper, a preview of a replay and a what-if.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from shared.alerting.alert import AlertDoc
from shared.alerting.escalation import Escalation
from shared.alerting.focus import Focus, Period, block_of, day_began
from shared.alerting.groups import GroupDoc, idle, muted
from shared.alerting.inhibition import Inhibition, Inhibitor
from shared.alerting.routes import Node, Route
from shared.alerting.silences import Silence, silence_of
from shared.alerting.time_intervals import TimeInterval, any_contains

MINUTE = timedelta(minutes=1)


class Rules(Protocol):
    """What opos.yaml says about alerting. A Config is one."""

    @property
    def timezone(self) -> str: ...
    @property
    def route(self) -> Route: ...
    @property
    def routes(self) -> Node: ...
    @property
    def escalations(self) -> Mapping[str, Escalation]: ...
    @property
    def time_intervals(self) -> Mapping[str, Sequence[TimeInterval]]: ...
    @property
    def inhibition(self) -> Inhibition: ...
    @property
    def focus(self) -> Focus: ...


class World(Protocol):
    """Six questions about what else is going on. The store answers them, or memory for what only might happen."""

    def silences(self) -> Sequence[Silence]:
        """The silences in force or to come."""
        ...

    def inhibitors(self) -> Sequence[AlertDoc]:
        """The open alerts that match the source side of an inhibition rule."""
        ...

    def group(self, id: str) -> GroupDoc | None:
        """The document of the group *id*."""
        ...

    def is_unanswered(self, group: str, is_muted: Callable[[AlertDoc], bool]) -> bool:
        """Whether an alert of *group* that is not muted has notified somebody and waits for an answer."""
        ...

    def focus_blocks(self) -> Sequence[Period]:
        """The focus blocks that were declared once and have not ended."""
        ...

    def notifications_since(self, start: datetime) -> int:
        """How many messages of pages were created after *start*."""
        ...


@dataclass
class QuietWorld:
    """A world in which nothing else is going on, unless a field says so: for route tests."""

    known_silences: Sequence[Silence] = ()
    known_inhibitors: Sequence[AlertDoc] = ()
    groups: Mapping[str, GroupDoc] = field(default_factory=dict)
    unanswered: bool = True
    periods: Sequence[Period] = ()
    notified_at: Sequence[datetime] = ()

    def silences(self) -> Sequence[Silence]:
        return self.known_silences

    def inhibitors(self) -> Sequence[AlertDoc]:
        return self.known_inhibitors

    def group(self, id: str) -> GroupDoc | None:
        return self.groups.get(id)

    def is_unanswered(self, group: str, is_muted: Callable[[AlertDoc], bool]) -> bool:  # noqa: ARG002  (one answer)
        return self.unanswered

    def focus_blocks(self) -> Sequence[Period]:
        return self.periods

    def notifications_since(self, start: datetime) -> int:
        return sum(time > start for time in self.notified_at)


@dataclass
class Situation:
    """The time, the rules and the world, each read when a hold reason first needs it.

    `paging` are the groups that have been judged to page in this situation, each with the channels of its page: every
    channel gets one message more.
    `changing` are the alerts that change together with those that are judged, as they will be; `coming` are those that
    the same event fires later and that may inhibit others.
    """

    now: datetime
    rules: Rules
    world: World
    paging: dict[str, set[str]] = field(default_factory=dict)
    changing: Mapping[str, AlertDoc] = field(default_factory=dict)
    coming: Sequence[Inhibitor] = ()
    _groups: dict[str, GroupDoc | None] = field(default_factory=dict)

    @cached_property
    def silences(self) -> Sequence[Silence]:
        return self.world.silences()

    @cached_property
    def inhibitors(self) -> Sequence[Inhibitor]:
        if not self.rules.inhibition.rules:
            return ()
        stored = [alert for alert in self.world.inhibitors() if alert["id"] not in self.changing]
        changing = [alert for alert in self.changing.values() if alert["inhibits"]]
        return [*stored, *changing, *(alert for alert in self.coming if alert["id"] not in self.changing)]

    @cached_property
    def _periods(self) -> Sequence[Period]:
        return self.world.focus_blocks()

    @cached_property
    def _notifications_left(self) -> int:
        return self.rules.route.pages_per_minute - self.world.notifications_since(self.now - MINUTE)

    @cached_property
    def _interruptions_left(self) -> int | None:
        budget = self.rules.focus.budget
        if budget is None:
            return None
        return budget.interruptions_per_day - self.world.notifications_since(
            day_began(self.now, zone=self.rules.timezone)
        )

    def silence(self, labels: Mapping[str, str]) -> Silence | None:
        """The longest silence in force that matches *labels*."""
        return silence_of(labels, self.silences, self.now)

    def inhibitor(self, alert: AlertDoc) -> Inhibitor | None:
        """An open alert that inhibits *alert*."""
        others = (other for other in self.inhibitors if other["id"] != alert["id"])
        return self.rules.inhibition.inhibitor(alert["labels"], others)

    def time_interval(self, names: Sequence[str], time: datetime) -> str | None:
        """The first of the time intervals *names* that contains *time*."""
        return any_contains(names, self.rules.time_intervals, time, zone=self.rules.timezone)

    def focus_block(self) -> str | None:
        """The name of the focus block in force."""
        return block_of(self.rules.focus, self._periods, self.now, zone=self.rules.timezone)

    def group(self, id: str, interval: timedelta) -> GroupDoc | None:
        """The group *id*; idle if nothing in it waits for an answer any more, though no sweep has noticed yet.

        Within *interval* after its last notification that changes nothing, so it is not asked.
        """
        if id not in self._groups:
            self._groups[id] = self._current(self.world.group(id), interval)
        return self._groups[id]

    def _current(self, group: GroupDoc | None, interval: timedelta) -> GroupDoc | None:
        if group is None or not group["due_at"] or not group["paged_at"]:
            return group
        recent = self.now < datetime.fromisoformat(group["paged_at"]) + interval
        if recent or self.world.is_unanswered(group["id"], self._is_muted):
            return group
        is_muted = self.world.is_unanswered(group["id"], lambda _: False)
        return muted(group) if is_muted else idle(group, self.now)

    def _is_muted(self, alert: AlertDoc) -> bool:
        return self.silence(alert["labels"]) is not None or self.inhibitor(alert) is not None

    def is_storm(self, group: str, messages: int) -> bool:
        """Whether a page for *group*, of so many *messages*, is too many within a minute."""
        wanted = min(messages, self.rules.route.pages_per_minute)
        return group not in self.paging and self._notifications_left - self._messages < wanted

    def is_over_budget(self, group: str) -> bool:
        """Whether one more page, for *group*, is beyond the day's interruption budget."""
        left = self._interruptions_left
        return left is not None and group not in self.paging and left - self._messages <= 0

    @property
    def _messages(self) -> int:
        return sum(map(len, self.paging.values()))
