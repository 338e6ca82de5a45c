"""What a step of the clock moves, and what it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from functions.alert_router.handler import handle as route
from functions.sweeper.clock_steps import follow_clock
from functions.sweeper.handler import sweep
from functions.sweeper.recovery import NotRecoveredError
from functions.webhook_intake.handler import handle as intake
from shared.errors import Unavailable
from shared.events import Tick, iso
from shared.ports import Update, Write
from shared.values.http import HttpRequest
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeContext, FakeStore
from tests.support.timeline import configured, docs, minutes, titles

BACK = {"hours": -6}


def critical(context: FakeContext, delivery: str = "d1") -> None:
    route(accepted(context, delivery, disk_full()), context)


def test_a_critical_that_fires_between_the_step_and_the_next_sweep_notifies_once() -> None:
    context = configured()
    minutes(context, 2)
    context.clock.advance(**BACK)
    critical(context)
    minutes(context, 2)
    assert titles(context) == ["Disk full"]


def test_a_heartbeat_that_pings_between_the_step_and_the_next_sweep_is_not_missed() -> None:
    context = configured(heartbeats={"worker": {"every": "5m"}})
    minutes(context, 2)
    context.clock.advance(**BACK)
    intake(HttpRequest("POST", "/webhooks/ping/worker", {}), context)
    minutes(context, 4)
    assert titles(context) == []


def test_a_cron_heartbeat_stays_due_at_a_time_of_its_cron_line() -> None:
    context = configured(heartbeats={"report": {"cron": "0 12 * * *", "grace": "5m"}}, timezone="UTC")
    minutes(context, 2)
    (before,) = docs(context, "heartbeats")
    context.clock.advance(minutes=-3)
    minutes(context, 2)
    (after,) = docs(context, "heartbeats")
    assert after.data["due_at"] == before.data["due_at"]


def test_the_links_of_a_page_that_was_sent_before_the_step_still_name_its_call() -> None:
    context = configured()
    critical(context)
    minutes(context, 2)
    (group,) = docs(context, "groups")
    context.clock.advance(minutes=-30)
    minutes(context, 2)
    (moved,) = docs(context, "groups")
    assert moved.data["called_at"] == group.data["called_at"]
    assert moved.data["due_at"] < group.data["due_at"]


def test_a_step_moves_each_document_once_even_if_the_sweep_dies_after_it() -> None:
    context = configured()
    critical(context)
    minutes(context, 2)
    swept = context.store.docs["sweeps/last"].data["at"]
    context.clock.advance(**BACK)
    follow_clock(context)
    moved = [doc.data for doc in docs(context, "groups")]
    record = context.store.docs["sweeps/last"]
    assert record.data["at"] == iso(context.now)
    context.store.commit([Update(record.path, {"at": swept}, record.version)])
    follow_clock(context)
    assert [doc.data for doc in docs(context, "groups")] == moved


@dataclass
class BrokenStore(FakeStore):
    broken: str = ""
    """The path that cannot be written."""

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        if any(write.path == self.broken for write in writes):
            raise Unavailable("broken")
        return super().commit(writes)


def test_a_document_that_cannot_follow_keeps_no_other_from_it_and_follows_later() -> None:
    context = configured()
    critical(context)
    minutes(context, 2)
    (alert,), (group,) = docs(context, "alerts"), docs(context, "groups")
    context.store = BrokenStore(context.store.docs, context.store.commits, broken=alert.path)
    context.clock.advance(**BACK)
    with pytest.raises(NotRecoveredError):
        follow_clock(context)
    assert docs(context, "groups")[0].data["due_at"] < group.data["due_at"]
    sweep(Tick(), context)
    context.store.broken = ""
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert docs(context, "alerts")[0].data["first_seen"] < alert.data["first_seen"]
    assert context.store.docs["sweeps/last"].data["at"] == iso(context.now)
