"""The sweeper over fakes."""

import threading
import time

import pytest

from functions.alert_router.handler import handle as route
from functions.sweeper.dead_letters import record_dead_letter
from functions.sweeper.handler import sweep
from functions.sweeper.stuck_messages import PATIENCE
from shared.errors import Conflict, DeliveryError
from shared.events import DeadLetter, DigestDue, EventAccepted, Message, Tick
from shared.ports import Create, Delete, Doc
from shared.process.shares import Shares
from shared.services.outbox.delivery import LEASE, intent, send
from shared.services.outbox.message import key_of
from shared.services.outbox.outcome import MAX_ATTEMPTS
from shared.services.outbox.sends import Sends
from tests.support.events import accepted, disk_full, new_customer
from tests.support.fakes import FakeContext, WaitingChannel


def published(context: FakeContext, kind: type[Message]) -> list[Message]:
    """The messages that were published, except the alerts of the checks."""
    messages = [message for message in context.bus.published if isinstance(message, kind)]
    return [message for message in messages if getattr(message, "type", "") != "health"]


def only(context: FakeContext, collection: str) -> Doc:
    (doc,) = context.store.query(collection)
    return doc


def test_an_event_that_was_not_handled_within_a_minute_is_published_again(context: FakeContext) -> None:
    accepted(context, "d1", new_customer())
    context.clock.advance(seconds=59)
    sweep(Tick(), context)
    assert len(published(context, EventAccepted)) == 1
    context.clock.advance(seconds=1)
    sweep(Tick(), context)
    assert len(published(context, EventAccepted)) == 2


def test_an_event_still_not_handled_is_published_less_and_less_often(context: FakeContext) -> None:
    accepted(context, "d1", new_customer())
    for _ in range(60):
        context.clock.advance(minutes=1)
        sweep(Tick(), context)
    assert len(published(context, EventAccepted)) == 1 + 5


def test_an_event_that_cannot_be_published_again_does_not_stop_the_others(context: FakeContext) -> None:
    for n in range(3):
        accepted(context, f"d{n}", new_customer())
    broken = context.store.docs[min(context.store.docs)]
    del broken.data["body"]
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert len(published(context, EventAccepted)) == 3 + 2


def test_a_handled_event_is_left_alone(context: FakeContext) -> None:
    route(accepted(context, "d1", new_customer()), context)
    context.clock.advance(hours=1)
    sweep(Tick(), context)
    assert len(published(context, EventAccepted)) == 1


def test_a_page_whose_sender_died_is_sent_by_the_sweeper_under_the_same_key(context: FakeContext) -> None:
    context.channels["desk"].faults = [KeyboardInterrupt()]  # type: ignore[list-item]  # the process ends here
    message = accepted(context, "d1", disk_full())
    with pytest.raises(KeyboardInterrupt):
        route(message, context)
    stuck = only(context, "outbox")
    assert stuck.data["state"] == "sending"
    context.clock.advance(seconds=29)
    sweep(Tick(), context)
    assert context.channels["desk"].sent == []
    context.clock.advance(seconds=1)
    sweep(Tick(), context)
    ((key, notice),) = context.channels["desk"].sent
    assert (key, notice.title) == (key_of(stuck), "Disk full")
    assert (only(context, "outbox").data["state"], only(context, "outbox").data["fence"]) == ("sent", 2)


def test_a_worker_that_lost_its_lease_cannot_write_a_receipt(context: FakeContext) -> None:
    context.channels["desk"].faults = [DeliveryError("timeout")]
    route(accepted(context, "d1", disk_full()), context)
    late = only(context, "outbox")
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    taken = only(context, "outbox")
    assert taken.data["state"] == "sent"
    context.channels["desk"].faults = [DeliveryError("rejected", permanent=True)]
    send(late, context)
    assert only(context, "outbox") == taken


def test_a_message_is_parked_after_its_last_attempt_and_shown_as_such(context: FakeContext) -> None:
    context.channels["desk"].faults = [DeliveryError("unreachable") for _ in range(10 * MAX_ATTEMPTS)]
    route(accepted(context, "d1", disk_full()), context)
    for _ in range(10 * MAX_ATTEMPTS):  # more than its own attempts: the later pages of its call are tried too
        context.clock.advance(hours=1)
        sweep(Tick(), context)
    parked = min(context.store.query("outbox"), key=lambda doc: doc.data["created_at"]).data
    assert (parked["state"], parked["attempts"], parked["last_fault"]) == (
        "parked",
        MAX_ATTEMPTS,
        "not delivered: unreachable",
    )


def test_a_channel_that_hangs_is_skipped_for_a_minute_and_delays_no_other_channel(
    context: FakeContext,
) -> None:
    for number in range(9):
        made = intent(channel="inbox", title=f"m{number}", text="", severity="info", now=context.now)
        context.store.commit([Create(f"digests/{number}", made)])
    made = intent(channel="desk", title="page", text="", severity="critical", now=context.now)
    context.store.commit([Create("outbox/page", made)])
    context.channels["inbox"].faults = [DeliveryError("timeout") for _ in range(100)]
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert 100 - len(context.channels["inbox"].faults) == PATIENCE
    assert [notice.title for _, notice in context.channels["desk"].sent] == ["page"]
    for _ in range(3):
        context.clock.advance(minutes=1)
        sweep(Tick(), context)
    tried = [doc.data["attempts"] for doc in context.store.query("digests")]
    assert min(tried) == 2


def stuck(context: FakeContext, channel: str, count: int) -> None:
    """Commit *count* messages for *channel* whose workers have stopped."""
    made = intent(channel=channel, title="t", text="", severity="info", now=context.now - LEASE)
    context.store.commit([Create(f"digests/{channel}{number}", made) for number in range(count)])


def test_a_sweep_sends_everything_on_a_channel_that_is_only_slow(context: FakeContext) -> None:
    """Each of its answers comes later than a sweep waits before it goes on to the other channels."""
    context.sends = Sends(Shares(deadline=30.0, soon=0.0))
    context.channels["inbox"] = WaitingChannel(answers=Late())
    stuck(context, "inbox", 5)
    sweep(Tick(), context)
    assert [doc.data["state"] for doc in context.store.query("digests")] == ["sent"] * 5


class Late(threading.Event):
    """An answer that takes a moment."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002  (as the event has it)
        time.sleep(0.01)
        return True


def test_a_sweep_waits_once_for_a_channel_that_does_not_answer_and_sends_the_others(context: FakeContext) -> None:
    context.sends = Sends(Shares(deadline=0.0, soon=0.0))
    context.channels["inbox"] = hanging = WaitingChannel()
    stuck(context, "inbox", 9)
    stuck(context, "desk", 9)
    sweep(Tick(), context)
    context.sends.shares.soon = 30.0
    hanging.answers.set()
    assert sum(doc.data["attempts"] == 2 for doc in context.store.query("digests") if "inbox" in doc.path) == 1
    assert sum(doc.data["attempts"] == 2 for doc in context.store.query("digests") if "desk" in doc.path) >= 1


def test_a_digest_whose_window_has_passed_is_announced(context: FakeContext) -> None:
    route(accepted(context, "d1", new_customer()), context)
    context.clock.advance(seconds=299)
    sweep(Tick(), context)
    assert published(context, DigestDue) == []
    context.clock.advance(seconds=1)
    sweep(Tick(), context)
    assert published(context, DigestDue) == [DigestDue(queue="digest", reason="window")]


def test_an_event_whose_message_died_once_is_left_to_the_sweep_without_an_alert(context: FakeContext) -> None:
    message = accepted(context, "d1", new_customer())
    record_dead_letter(DeadLetter(subscription="alert-router", attempts=5, data=message.model_dump_json()), context)
    assert list(context.store.query("dead_letters")) == []
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert [event.id for event in published(context, EventAccepted) if isinstance(event, EventAccepted)] == [
        message.id
    ] * 2


def test_the_dead_letter_of_an_event_that_was_handled_since_is_not_recorded(context: FakeContext) -> None:
    message = accepted(context, "d1", new_customer())
    route(message, context)
    record_dead_letter(DeadLetter(subscription="alert-router", attempts=5, data=message.model_dump_json()), context)
    assert list(context.store.query("dead_letters")) == []


@pytest.mark.parametrize("message", [Tick(), DigestDue(queue="digest", reason="size")])
def test_the_dead_letter_of_a_message_that_repeats_on_a_schedule_is_not_recorded(
    context: FakeContext, message: Message
) -> None:
    record_dead_letter(DeadLetter(subscription="any", attempts=5, data=message.model_dump_json()), context)
    assert list(context.store.query("dead_letters")) == []


def test_the_dead_letter_of_a_due_digest_is_recorded(context: FakeContext) -> None:
    route(accepted(context, "d1", new_customer()), context)
    context.clock.advance(minutes=6)
    due = DigestDue(queue="digest", reason="window")
    record_dead_letter(DeadLetter(subscription="digest-sender", attempts=5, data=due.model_dump_json()), context)
    assert only(context, "dead_letters").data["subscription"] == "digest-sender"


def test_attempts_that_are_still_in_flight_do_not_stop_the_others_of_their_channel(context: FakeContext) -> None:
    stuck(context, "desk", 6)
    context.clock.advance(minutes=1)
    first = list(context.store.query("digests", order_by="due_at", limit=PATIENCE))
    claims = [context.sends.shares.claim("desk", doc.path) for doc in first]
    assert all(claims)
    sweep(Tick(), context)
    assert len(context.channels["desk"].sent) == 6 - PATIENCE


def test_a_sweep_that_has_lasted_long_leaves_the_rest_to_the_next_one(context: FakeContext) -> None:
    stuck(context, "desk", 2)
    context.clock.advance(minutes=1)
    context.elapsed_seconds = 60.0
    sweep(Tick(), context)
    assert context.channels["desk"].sent == []
    context.elapsed_seconds = 0.0
    sweep(Tick(), context)
    assert len(context.channels["desk"].sent) == 2


def test_a_dead_letter_is_recorded_leaves_the_sweep_and_notifies_once(context: FakeContext) -> None:
    message = accepted(context, "d1", new_customer())
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    context.bus.published.pop()
    letter = DeadLetter(subscription="alert-router", attempts=5, data=message.model_dump_json())
    record_dead_letter(letter, context)
    record_dead_letter(letter, context)
    assert only(context, "dead_letters").data["event"] == message.id
    event = context.store.get(f"events/{message.id}")
    assert event is not None
    assert event.data["state"] == "dead"
    _, alert, again = published(context, EventAccepted)
    assert isinstance(alert, EventAccepted)
    assert again == alert
    for delivery in (alert, again):
        route(delivery, context)
    assert [notice.title for _, notice in context.channels["desk"].sent] == [
        "opos could not process a message of alert-router"
    ]


def test_a_message_that_fails_again_after_its_replay_notifies_again(context: FakeContext) -> None:
    message = accepted(context, "d1", new_customer()).model_copy(update={"nonce": "r1"})
    letter = DeadLetter(subscription="alert-router", attempts=5, data=message.model_dump_json())
    for _ in range(2):
        record_dead_letter(letter, context)
        doc = only(context, "dead_letters")
        context.store.commit([Delete(doc.path, doc.version)])  # as a replay does
        context.clock.advance(minutes=1)
    _, first, second = published(context, EventAccepted)
    assert isinstance(first, EventAccepted)
    assert isinstance(second, EventAccepted)
    assert first.id != second.id


def test_the_dead_letter_of_a_dead_letters_alert_raises_no_further_alert(context: FakeContext) -> None:
    record_dead_letter(DeadLetter(subscription="digest-sender", attempts=5, data="{}"), context)
    (alert,) = published(context, EventAccepted)
    record_dead_letter(DeadLetter(subscription="alert-router", attempts=5, data=alert.model_dump_json()), context)
    assert len(published(context, EventAccepted)) == 1


def test_a_dead_letter_that_is_no_json_is_kept_as_it_is(context: FakeContext) -> None:
    record_dead_letter(DeadLetter(subscription="sweeper-ticks", attempts=5, data="\x00 not json"), context)
    assert only(context, "dead_letters").data["data"] == "\x00 not json"


def test_two_sweeps_at_the_same_time_send_once(context: FakeContext) -> None:
    context.channels["desk"].faults = [DeliveryError("timeout")]
    route(accepted(context, "d1", disk_full()), context)
    context.clock.advance(minutes=1)
    raced = context.store.commit

    def lose_the_race(_writes: list[object]) -> dict[str, str]:
        context.store.commit = raced  # type: ignore[method-assign]
        raise Conflict("outbox/another-sweep-was-quicker")

    context.store.commit = lose_the_race  # type: ignore[method-assign,assignment]
    sweep(Tick(), context)
    assert context.channels["desk"].sent == []
