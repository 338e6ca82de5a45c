"""Who is called when: over any history of a group, each alert is called as soon and as often as if it were alone.

The oracle knows one alert at a time, and nothing of groups. A notification names an alert only while it fires, and
nobody has acknowledged or silenced it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.sweeper.alert_timers import end_timers, escalate_due
from shared.ports import Doc
from shared.services.alerting.acknowledgement import act_on_alert
from shared.services.alerting.silences import expire, silence
from tests.support.fakes import FakeContext
from tests.support.timeline import configured, docs, fire

WAITS = (10, 20, 40, None)
"""Minutes after each call of one alert, until the last: `repeat_interval` 10m, three repeats, twice as late each."""
ACKNOWLEDGED = 25
LENGTH = 130
INTERVAL = 1
"""Minutes that an alert may wait for the interval of its group."""
RULES = {
    "route": {"channel": "desk", "escalation": "me", "repeat_interval": "10m", "ack_timeout": f"{ACKNOWLEDGED}m"},
    "escalations": {"me": {"repeats": 3, "backoff": 2}},
}


class Deed(NamedTuple):
    minute: int
    member: str
    what: Literal["fires", "resolves", "is acknowledged", "is silenced", "is heard again"]
    length: int


DEEDS = st.builds(
    Deed,
    st.integers(0, 80),
    st.sampled_from("abcd"),
    st.sampled_from(["fires", "fires", "resolves", "is acknowledged", "is silenced", "is silenced", "is heard again"]),
    st.sampled_from([3, 15, 60, 10_000]),
)


@dataclass
class Alone:
    """One alert without neighbours: `runs` are the minutes of its calls, anew after each start and acknowledgement."""

    fires: bool = False
    acknowledged_until: int | None = None
    silences: list[int] = field(default_factory=list)
    next_call: int | None = None
    is_put_off: bool = False
    runs: list[list[int]] = field(default_factory=list)
    audible: list[bool] = field(default_factory=list)

    def does(self, deed: Deed) -> None:
        now = deed.minute
        if deed.what == "fires" and not self.fires:
            self.fires = True
            self._begin(now)
        elif deed.what == "resolves":
            self.fires, self.acknowledged_until, self.next_call = False, None, None
        elif deed.what == "is acknowledged" and self.fires and self.acknowledged_until is None:
            self.acknowledged_until = now + ACKNOWLEDGED
            self._begin(now + ACKNOWLEDGED)
        elif deed.what == "is silenced":
            self.silences.append(now + deed.length)
        elif deed.what == "is heard again":
            self.silences = []
            if self.is_put_off:
                self.next_call, self.is_put_off = now, False

    def _begin(self, minute: int) -> None:
        self.next_call, self.is_put_off = minute, False
        self.runs.append([])

    def passes(self, now: int) -> None:
        if self.acknowledged_until is not None and now >= self.acknowledged_until:
            self.acknowledged_until = None
        end = max((end for end in self.silences if end > now), default=None)
        if self.next_call is not None and now >= self.next_call:
            if end is not None:
                self.next_call, self.is_put_off = end, True
            else:
                self.runs[-1].append(now)
                wait = WAITS[len(self.runs[-1]) - 1] if len(self.runs[-1]) <= len(WAITS) else None
                self.next_call, self.is_put_off = (now + wait if wait else None), False
        self.audible.append(self.fires and self.acknowledged_until is None and end is None)


class Call(NamedTuple):
    minute: int
    members: frozenset[str]


def lived(deeds: list[Deed]) -> list[Call]:
    """The calls of a bundle over fakes in which *deeds* happen."""
    context = configured(**RULES)
    start, silences = context.now, dict[str, list[str]]()
    for minute in range(LENGTH):
        for deed in (deed for deed in deeds if deed.minute == minute):
            do(deed, silences, context)
        end_timers(context)
        escalate_due(context)
        context.clock.advance(minutes=1)
    hosts = {alert.id: alert.data["labels"].get("host", "") for alert in docs(context, "alerts")}
    return [call_of(page, hosts, start) for page in docs(context, "outbox") if "created_at" in page.data]


def do(deed: Deed, silences: dict[str, list[str]], context: FakeContext) -> None:
    if deed.what in {"fires", "resolves"}:
        status = "firing" if deed.what == "fires" else "resolved"
        fire(context, deed.member, status=status, labels={"alertname": "Down", "host": deed.member})
    elif deed.what == "is acknowledged":
        for alert in docs(context, "alerts"):
            if alert.data["labels"].get("host") == deed.member:
                act_on_alert(alert, "acknowledge", context, by="cli")
    elif deed.what == "is silenced":
        end = context.now + timedelta(minutes=deed.length)
        id = silence([f"host={deed.member}"], end, context, author="me", comment="known")
        silences.setdefault(deed.member, []).append(id)
    else:
        for id in silences.pop(deed.member, []):
            expire(id, context)


def call_of(page: Doc, hosts: dict[str, str], start: datetime) -> Call:
    at = datetime.fromisoformat(page.data["created_at"])
    return Call(int((at - start) / timedelta(minutes=1)), frozenset(hosts[id] for id in page.data["cause"]["alerts"]))


def alone(member: str, deeds: list[Deed]) -> Alone:
    oracle = Alone()
    for minute in range(LENGTH):
        for deed in (deed for deed in deeds if (deed.minute, deed.member) == (minute, member)):
            oracle.does(deed)
        oracle.passes(minute)
    return oracle


ANOTHER_WHILE_SILENCED = [Deed(0, "b", "fires", 3), Deed(48, "b", "is silenced", 15), Deed(62, "a", "fires", 3)]


@pytest.mark.slow
@settings(max_examples=40)
@example(ANOTHER_WHILE_SILENCED)
@given(st.lists(DEEDS, min_size=2, max_size=14, unique_by=lambda deed: (deed.minute, deed.member)))
def test_no_member_of_a_group_puts_off_or_silences_the_calls_of_another(deeds: list[Deed]) -> None:
    calls, members = lived(deeds), {member: alone(member, deeds) for member in "abcd"}
    for call in calls:
        assert all(members[member].audible[call.minute] for member in call.members), call
    for member, oracle in members.items():
        named = [call.minute for call in calls if member in call.members]
        for run in oracle.runs:
            for number, minute in enumerate(run, 1):
                last = minute + INTERVAL
                if all(oracle.audible[minute : last + 1]) and last < LENGTH:
                    assert sum(run[0] <= time <= last for time in named) >= number, (member, run, named)
    needed = sum(len(run) for oracle in members.values() for run in oracle.runs)
    assert len(calls) <= needed + len(deeds)
