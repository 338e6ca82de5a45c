"""The items that wait, queue by queue."""

from datetime import timedelta

from functions.sweeper.due_digests import due_batches
from functions.sweeper.handler import sweep
from shared.alerting.alert import pending
from shared.events import DigestDue, Tick, iso
from shared.ports import Create
from shared.services.alerting.quiet_hours import LONGEST, held
from shared.services.digest.queue import count_waiting, longest_waiting, waiting
from tests.support.fakes import FakeContext

QUEUES = ("now", "now-too", "now0", "now_too", "later")
"""Names that start alike."""


def queued(context: FakeContext) -> None:
    """Three in each queue, a second apart."""
    for number in range(3):
        for queue in QUEUES:
            item = {"pending": pending(queue, context.now), "kind": "event", "id": f"{queue}{number}"}
            context.store.commit([Create(f"alerts/{queue}.{number}", item)])
        context.clock.advance(seconds=1)


def test_no_queue_holds_what_waits_in_another_whose_name_begins_alike(context: FakeContext) -> None:
    queued(context)
    for queue in QUEUES:
        assert [doc.id for doc in waiting(queue, context)] == [f"{queue}.{number}" for number in range(3)]
        assert count_waiting(queue, context) == 3


def test_the_first_of_each_queue_is_found_without_knowing_its_name(context: FakeContext) -> None:
    queued(context)
    assert sorted(doc.id for doc in longest_waiting(context)) == sorted(f"{queue}.0" for queue in QUEUES)


def focus(context: FakeContext, length: timedelta) -> None:
    block = {"name": "focus", "begins_at": iso(context.now), "ends_at": iso(context.now + length)}
    context.store.commit([Create("focus/f1", block)])


def test_during_focus_the_tick_announces_nothing(context: FakeContext) -> None:
    context.store.commit([Create("alerts/a", {"pending": pending("digest", context.now)})])
    focus(context, timedelta(hours=1))
    context.clock.advance(minutes=30)
    assert list(due_batches(context)) == []
    sweep(Tick(), context)
    assert [message for message in context.bus.published if isinstance(message, DigestDue)] == []
    context.clock.advance(minutes=30)
    assert list(due_batches(context)) == [DigestDue(queue="digest", reason="window")]


def test_quiet_that_does_not_end_holds_nothing_back(context: FakeContext) -> None:
    focus(context, LONGEST + timedelta(hours=1))
    assert held(context.now, context)(context.now) is None


def test_quiet_is_over_with_the_first_full_minute_after_its_end(context: FakeContext) -> None:
    focus(context, timedelta(minutes=90, seconds=20))
    assert held(context.now, context)(context.now) == context.now + timedelta(minutes=91)
