"""Each route that an alert matches decides for itself, as if it were the only one: compared with a simple oracle."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.sweeper.alert_timers import end_timers, escalate_due
from shared.config.model import Config
from tests.support.fakes import CONFIG, FakeContext, RecordingChannel
from tests.support.timeline import fire

CHANNELS = ("desk", "call", "friend", "partner")
LEVELS = {"steep": [("call", 3)], "steps": [("friend", 2), ("partner", 6)], "": []}
"""The escalations by name: each level's channel, and how many minutes it comes after the one before."""
SEVERITIES = ("info", "warning", "critical")
MINUTE = timedelta(minutes=1)


class Decider(NamedTuple):
    """A route under the root. Its time interval is from the minute `muted_from` to `mute`; 0 means that it has none."""

    channel: str
    least: str
    pause: int
    threshold: int
    mute: int
    escalation: str
    repeat: int
    muted_from: int = 0

    @property
    def interval(self) -> str:
        return f"from-{self.muted_from}-until-{self.mute}"

    def audible(self, minute: int) -> int:
        """The minute at which it notifies if it is due at *minute*."""
        return self.mute if self.muted_from <= minute < self.mute else minute

    def section(self) -> dict[str, Any]:
        muted = {"mute_time_intervals": [self.interval]} if self.mute else {}
        return {
            "channel": self.channel, "continue": True, "interrupt_from": self.least, "auto_pause": f"{self.pause}m",
            "failure_threshold": self.threshold, "repeat_interval": f"{self.repeat}m", "group_interval": "1s",
            **muted, **({"escalation": self.escalation} if self.escalation else {}),
        }  # fmt: skip

    def first(self, severity: str, firings: int) -> int | None:
        """The minute of its first notification, if it were the only route. The alert fires once a minute."""
        if self.least == "never" or SEVERITIES.index(severity) < SEVERITIES.index(self.least):
            return None
        counted = 0 if severity == "critical" else self.threshold - 1
        return self.audible(max(counted, self.pause)) if counted < firings else None

    def schedule(self, start: int, until: int) -> set[tuple[int, str]]:
        """What follows its first notification, at *start*, before the minute *until*, each with its channel."""
        repeats = [self.repeat * 2**number for number in range(2 if self.escalation else 5)]
        levels = LEVELS[self.escalation]
        last = levels[-1][0] if levels else self.channel
        minute, told = start, set[tuple[int, str]]()
        for to, after in [*levels, *((last, wait) for wait in repeats)]:
            minute = self.audible(minute + after)
            told.add((minute, to))
        return {(minute, channel) for minute, channel in told if minute < until}


def deciders(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Decider]]:
    drawn = {
        "channel": st.sampled_from(CHANNELS), "least": st.sampled_from([*SEVERITIES, "never"]),
        "pause": st.sampled_from([0, 2, 4]), "threshold": st.integers(1, 4), "mute": st.sampled_from([0, 0, 3, 5]),
        "escalation": st.just(""), "repeat": st.just(600), "muted_from": st.just(0), **fixed,
    }  # fmt: skip
    return st.lists(st.builds(Decider, **drawn), min_size=1, max_size=4)


def bundle(routes: list[Decider]) -> FakeContext:
    context = FakeContext()
    begin = context.now
    mutes = {
        route.interval: _interval(begin + route.muted_from * MINUTE, begin + route.mute * MINUTE)
        for route in routes
        if route.mute
    }
    content = {
        **CONFIG, "channels": {name: {"console": True} for name in (*CHANNELS, "inbox")},
        "route": {"channel": "inbox", "pages_per_minute": 100, "routes": [route.section() for route in routes]},
        "time_intervals": {name: [interval] for name, interval in mutes.items()},
        "escalations": {
            name: {"levels": [{"channel": to, "after": f"{after}m"} for to, after in levels], "repeats": 2}
            for name, levels in LEVELS.items() if name
        },
    }  # fmt: skip
    context.config = Config.model_validate(content)
    context.channels |= {name: RecordingChannel() for name in CHANNELS}
    return context


def _interval(begin: datetime, end: datetime) -> dict[str, Any]:
    return {"times": [{"start_time": f"{begin:%H:%M}", "end_time": f"{end:%H:%M}"}]}


def run(context: FakeContext, severity: str, firings: int, minutes: int) -> Counter[tuple[int, str]]:
    """What each channel gets in which minute of an alert that fires once a minute, *firings* times."""
    told, before = Counter[tuple[int, str]](), Counter[str]()
    for minute in range(minutes):
        if minute < firings:
            fire(context, severity=severity)
        context.clock.advance(seconds=1)
        end_timers(context)
        escalate_due(context)
        sent = Counter({name: len(context.channels[name].sent) for name in CHANNELS})
        told.update({(minute, name): count for name, count in (sent - before).items()})
        before = sent
        context.clock.advance(seconds=59)
    return told


def first_notifications(routes: list[Decider], severity: str, firings: int) -> dict[str, int]:
    """The minute in which each channel is first notified: that of the first of its routes."""
    first = dict[str, int]()
    for route in routes:
        minute = route.first(severity, firings)
        if minute is not None:
            first[route.channel] = min(minute, first.get(route.channel, minute))
    return first


@settings(max_examples=30, deadline=None)
@given(routes=deciders(), severity=st.sampled_from(SEVERITIES), firings=st.integers(1, 4))
def test_a_channel_is_notified_when_the_first_of_its_routes_decides_so_and_once(
    routes: list[Decider], severity: str, firings: int
) -> None:
    expected = first_notifications(routes, severity, firings)
    told = run(bundle(routes), severity, firings, 7)
    assert told == Counter((minute, channel) for channel, minute in expected.items())


STEADY = Decider("desk", "info", 0, 1, 0, "", 600)
"""A route that is never muted: an alert that all its routes mute leaves its group."""


@settings(max_examples=25, deadline=None)
@given(
    routes=deciders(
        least=st.just("info"), threshold=st.integers(1, 3), mute=st.sampled_from([0, 5, 9]),
        muted_from=st.sampled_from([0, 2, 4]), escalation=st.sampled_from(list(LEVELS)),
        repeat=st.sampled_from([2, 5, 600]),
    ),
    firings=st.integers(1, 3),
)  # fmt: skip
def test_each_route_escalates_and_repeats_as_if_it_were_the_only_one(routes: list[Decider], firings: int) -> None:
    routes = [STEADY, *routes]
    expected = Counter((minute, channel) for channel, minute in first_notifications(routes, "warning", firings).items())
    for route in routes:
        start = route.first("warning", firings)
        expected.update(route.schedule(start, 25) if start is not None else ())
    told = run(bundle(routes), "warning", firings, 25)
    # In a minute in which several routes notify one channel, they may share a message.
    assert told.keys() == expected.keys()
    assert told <= expected
