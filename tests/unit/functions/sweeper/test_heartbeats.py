"""Heartbeats, and the sweep that watches them: over fakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.sweeper.handler import sweep
from functions.webhook_intake.handler import handle as intake
from shared.errors import NotFound
from shared.events import EventAccepted, Tick
from shared.ports import Write
from shared.values.http import HttpRequest
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeContext, FakeStore
from tests.support.timeline import configured, docs, minutes, titles

HEARTBEATS = {
    "backup": {"every": "1h", "grace": "5m"},
    "report": {"cron": "0 3 * * *", "timezone": "Europe/Berlin", "grace": "30m", "severity": "warning"},
    "manual": {},
}  # fmt: skip


def ping(context: FakeContext, name: str) -> None:
    assert intake(HttpRequest("POST", f"/webhooks/ping/{name}", {}), context).status == 200


def test_a_heartbeat_that_is_missed_is_an_alert_and_its_next_ping_resolves_it() -> None:
    context = configured(heartbeats=HEARTBEATS)
    ping(context, "backup")
    minutes(context, 64)
    assert titles(context) == []
    minutes(context, 2)
    assert titles(context) == ["Heartbeat missed: backup (last ping 09:00)"]
    ping(context, "backup")
    minutes(context, 1)
    missed = [doc.data for doc in docs(context, "alerts") if doc.data["labels"].get("heartbeat") == "backup"]
    assert [alert["state"] for alert in missed] == ["resolved"]
    minutes(context, 66)
    assert len(titles(context)) == 2


def test_a_heartbeat_that_has_never_pinged_is_missed_too_and_one_without_a_schedule_never() -> None:
    context = configured(heartbeats=HEARTBEATS)
    minutes(context, 67)
    assert titles(context) == ["Heartbeat missed: backup (no ping yet)"]
    assert context.store.get("heartbeats/manual") is None


def test_a_heartbeat_by_cron_is_due_on_the_clock_of_its_zone() -> None:
    context = configured(heartbeats=HEARTBEATS)
    ping(context, "report")
    due = context.store.get("heartbeats/report")
    assert due is not None
    assert due.data["due_at"] == "2026-11-21T02:30:00.000000Z"


@dataclass
class OvertakenStore(FakeStore):
    """In which a ping arrives before each commit that *steps* names, as if from another process."""

    steps: set[int] = field(default_factory=set)
    ping: Callable[[], None] = lambda: None
    commits_seen: int = 0

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        self.commits_seen += 1
        if self.commits_seen in self.steps:
            self.ping()
        return super().commit(writes)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 12), max_size=4), st.sampled_from(["", "/start", "/fail", "/log"]))
def test_a_ping_that_overtakes_a_sweep_is_never_lost_and_every_alert_fits_the_last_state(
    steps: set[int], word: str
) -> None:
    context = configured(heartbeats={"backup": {"every": "2m", "grace": "1m"}})
    context.store = store = OvertakenStore(steps=steps)
    pings = 0

    def overtake() -> None:
        nonlocal pings
        seen, store.steps = store.steps, set()
        ping(context, f"backup{word}")
        store.steps, pings = seen, pings + 1

    store.ping = overtake
    minutes(context, 8)
    store.steps = set()
    minutes(context, 2)
    (beat,) = docs(context, "heartbeats")
    assert beat.data["pings"] == pings
    states = {doc.data["labels"]["alertname"]: doc.data["state"] for doc in docs(context, "alerts")}
    for rule, since in (("HeartbeatMissed", "missed_at"), ("HeartbeatFailed", "failed_at")):
        assert (states.get(rule) == "firing") == bool(beat.data[since])


def test_a_sweep_without_errors_pings_the_dead_mans_switch_and_one_with_errors_does_not() -> None:
    context = configured(checker={"ping": "CHECKER_URL"})
    sweep(Tick(), context)
    assert context.called == ["CHECKER_URL"]
    accepted(context, "d1", disk_full())
    broken = context.store.docs[min(context.store.docs)]
    del broken.data["body"]
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert context.called == ["CHECKER_URL"]


def raising(_: Any) -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize("step", ["end_timers", "escalate_due", "watch_heartbeats"])
def test_a_step_that_fails_does_not_stop_the_others(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    context = configured(checker={"ping": "CHECKER_URL"})
    fail: Callable[[Any], None] = raising
    fail.__name__ = step
    monkeypatch.setattr(f"functions.sweeper.handler.{step}", fail)
    accepted(context, "lost", disk_full())
    context.clock.advance(minutes=2)
    with pytest.raises(RuntimeError):
        sweep(Tick(), context)
    assert len([event for event in context.bus.published if isinstance(event, EventAccepted)]) == 2
    assert context.called == []


def test_a_backup_is_expected_only_where_the_store_is_a_file() -> None:
    context = configured(heartbeats={"data": {"every": "1h", "backup": True}})
    context.has_data_file = False
    minutes(context, 70)
    assert (titles(context), docs(context, "heartbeats")) == ([], [])
    context.has_data_file = True
    minutes(context, 70)
    assert titles(context) == ["Heartbeat missed: data (no ping yet)"]


def test_nobody_can_ping_for_a_backup() -> None:
    context = configured(heartbeats={"data": {"every": "1h", "backup": True}})
    with pytest.raises(NotFound):
        ping(context, "data")
