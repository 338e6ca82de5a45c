"""The outbox delivers what it does not know."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.context import Context
from shared.errors import DeliveryError, DeliveryReason, Unavailable
from shared.ports import Create, Doc, Notice, Receipt
from shared.process.shares import Shares
from shared.services.alerting.pages import send_pages
from shared.services.outbox.attempt import Attempt
from shared.services.outbox.delivery import LEASE, begin, due, intent, retake, send
from shared.services.outbox.outcome import MAX_ATTEMPTS
from shared.services.outbox.sends import Sends
from tests.support.fakes import FakeContext, RecordingChannel, WaitingChannel
from tests.support.project import ROOT


def committed(context: FakeContext, **content: object) -> Doc:
    message = intent(channel="desk", title="Disk full", text="92 %", severity="critical", now=context.now)
    context.store.commit([Create("outbox/a", {**message, **content})])
    return context.store.docs["outbox/a"]


def test_a_message_stored_as_data_is_rendered_by_what_is_registered_for_its_field(context: FakeContext) -> None:
    def as_receipt(doc: Doc, context: Context) -> Notice:
        return Notice(doc.data["notice"]["title"], f"{doc.data['receipt_of']} by {context.now + timedelta(days=1)}")

    context.notices = {"receipt_of": as_receipt}
    assert send(committed(context, receipt_of="Invoice 7"), context) == "sent"
    assert [notice.text for _, notice in context.channels["desk"].sent] == ["Invoice 7 by 2026-11-21 09:00:00+00:00"]


def test_a_message_that_is_sent_long_after_it_was_written_says_so(context: FakeContext) -> None:
    message, channel = committed(context), context.channels["desk"]
    channel.faults = [DeliveryError("unreachable"), DeliveryError("unreachable")]
    assert send(message, context) == "pending"
    for wait in (1, 60):
        context.clock.advance(minutes=wait)
        attempt = retake(context.store.docs["outbox/a"], context)
        assert attempt is not None
        attempt.outcome()
    late = "Late: opos wrote this at 09:00 and could not send it before."
    assert [notice.text for _, notice in channel.sent] == [f"92 %\n{late}"]


def test_a_renderer_that_fails_does_not_lose_the_message(context: FakeContext) -> None:
    def broken(doc: Doc, context: Context) -> Notice:
        raise ValueError(doc, context)

    context.notices = {"content": broken}
    assert send(committed(context, content={}), context) == "sent"
    ((_, notice),) = context.channels["desk"].sent
    assert "ValueError" in notice.text
    assert notice.link == context.links.base_url


def test_a_message_whose_links_cannot_be_signed_now_is_rendered_again_later(context: FakeContext) -> None:
    def keyless(doc: Doc, context: Context) -> Notice:
        raise Unavailable(f"no key for {doc.path} at {context.now}")

    context.notices = {"content": keyless}
    assert send(committed(context, content={}), context) == "pending"


PAGE = """
import sys
from tests.support.fakes import FakeContext
from tests.unit.services.outbox.test_delivery import committed
from shared.services.outbox.delivery import send
context = FakeContext()
print(send(committed(context), context))
print([name for name in sys.modules if name.startswith(("shared.digest.renderers", "shared.review"))])
"""


def test_a_notification_about_an_alert_imports_no_renderer_of_digests_or_reviews() -> None:
    done = subprocess.run([sys.executable, "-c", PAGE], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-2:] == ["sent", "[]"]


@pytest.fixture
def slow(context: FakeContext) -> Iterator[WaitingChannel]:
    """The channel `desk`, which answers only when it may, and that is after the deadline."""
    channel = WaitingChannel()
    context.channels["desk"] = channel
    context.sends = Sends(Shares(deadline=0.0, soon=0.0))
    yield channel
    channel.answers.set()


def message(context: FakeContext) -> dict[str, object]:
    return context.store.docs["outbox/a"].data


def waits(context: FakeContext) -> timedelta:
    """How long the message waits for its next attempt."""
    return datetime.fromisoformat(str(message(context)["due_at"])) - context.now


def answered(slow: WaitingChannel, attempt: Attempt) -> str:
    """The outcome of *attempt*, once the channel has answered it."""
    attempt.context.sends.shares.soon = 30.0
    slow.answers.set()
    return attempt.outcome()


@pytest.mark.parametrize(("after", "wait"), [(0, 30), (5, 30), (600, 600), (86_400, 1800)])
def test_a_receiver_that_asks_for_time_gets_it_within_limits(context: FakeContext, after: int, wait: int) -> None:
    context.channels["desk"].faults = [DeliveryError("rate_limited", after=after)]
    assert send(committed(context), context) == "pending"
    assert waits(context) == timedelta(seconds=wait)


def test_a_message_is_given_up_at_the_deadline_and_sent_when_its_receipt_comes(
    context: FakeContext, slow: WaitingChannel
) -> None:
    attempt = begin(committed(context), context)
    assert attempt.outcome() == "pending"
    assert (message(context)["state"], message(context)["last_fault"]) == ("pending", "not delivered: timeout")
    assert answered(slow, attempt) == "sent"
    assert (message(context)["state"], message(context)["due_at"]) == ("sent", None)


def test_a_message_for_a_channel_without_share_waits_and_that_is_no_attempt(
    context: FakeContext, slow: WaitingChannel
) -> None:
    context.sends.shares.most = 0
    assert send(committed(context, attempts=MAX_ATTEMPTS), context) == "pending"
    assert (message(context)["state"], message(context)["attempts"]) == ("pending", MAX_ATTEMPTS - 1)
    assert waits(context) == timedelta(seconds=30)
    assert slow.sent == []


@pytest.mark.parametrize(
    ("reason", "permanent", "state"), [("rejected", True, "failed"), ("rate_limited", False, "pending")]
)
def test_a_refusal_after_the_deadline_counts_while_no_other_attempt_has_begun(
    context: FakeContext, slow: WaitingChannel, reason: DeliveryReason, state: str, *, permanent: bool
) -> None:
    slow.faults = [DeliveryError(reason, permanent=permanent)] * 2
    attempt = begin(committed(context), context)
    assert attempt.outcome() == "pending"
    answered(slow, attempt)
    assert (message(context)["state"], message(context)["last_fault"]) == (state, f"not delivered: {reason}")


def test_a_refusal_does_not_count_after_another_worker_has_taken_over(
    context: FakeContext, slow: WaitingChannel
) -> None:
    attempt = begin(committed(context), context)
    slow.faults = [DeliveryError("rejected", permanent=True)] * 2
    context.clock.advance(minutes=1)
    other = FakeContext(store=context.store, clock=context.clock)
    other.channels["desk"].faults = [DeliveryError("unreachable")]
    (doc,) = due("outbox", other, limit=1)
    retaken = retake(doc, other)
    assert retaken is not None
    assert retaken.outcome() == "pending"
    answered(slow, attempt)
    assert (message(context)["state"], message(context)["last_fault"]) == ("pending", "not delivered: unreachable")


@dataclass
class Releasing(RecordingChannel):
    """Lets a slow channel answer when it gets a message itself."""

    slow: WaitingChannel = field(default_factory=WaitingChannel)

    def send(self, notice: Notice, key: str) -> Receipt:
        self.slow.answers.set()
        return super().send(notice, key)


def test_no_channel_waits_for_another_in_the_same_commit(context: FakeContext, slow: WaitingChannel) -> None:
    context.channels["inbox"] = Releasing(slow=slow)
    context.sends = Sends(Shares(deadline=30.0, soon=0.02))
    writes = [
        Create(f"outbox/{channel}", intent(channel=channel, title="t", text="", severity="critical", now=context.now))
        for channel in ("desk", "inbox")
    ]
    send_pages(writes, context.store.commit(writes), context)
    assert {doc.data["state"] for doc in context.store.docs.values()} == {"sent"}


def test_a_lease_begins_when_it_is_taken_and_not_with_a_long_sweep(context: FakeContext, slow: WaitingChannel) -> None:
    doc = committed(context)
    context.elapsed_seconds = 45.7
    attempt = retake(doc, context)
    assert attempt is not None
    assert waits(context) == timedelta(seconds=45) + LEASE
    slow.answers.set()


def test_a_worker_waits_for_a_channel_much_shorter_than_its_lease() -> None:
    shares = Shares()
    assert 2 * shares.deadline < LEASE.total_seconds()
