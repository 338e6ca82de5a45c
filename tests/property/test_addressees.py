"""However workers, rejections and stops interleave, each addressee of a channel gets a message of its own, once."""

from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from functions.sweeper.stuck_messages import send_stuck_pages
from shared.errors import DeliveryError
from shared.ports import Channel, Create, Doc
from shared.services.outbox.addressees import addressed, receiver
from shared.services.outbox.delivery import intent, send
from tests.support.fakes import FakeContext, FakeStore, RecordingChannel

IDS = ("ann", "bob", "eve")
Step = tuple[Literal["send", "sweep", "copy", "minute"], int] | tuple[Literal["reject"], str]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(("send", "sweep", "copy", "minute")), st.sampled_from((0, 1))),
        st.tuples(st.just("reject"), st.sampled_from(IDS)),
    ),
    max_size=12,
)


class Workers:
    """Two workers that share a store and a channel with three addressees, and a message under the lease of the first.

    A worker that only copies stops right after the commit.
    """

    def __init__(self) -> None:
        self.store = FakeStore()
        self.addressees = {id: RecordingChannel() for id in IDS}
        self.workers = [FakeContext(store=self.store, several={"desk": self.addressees}) for _ in range(2)]
        content = intent(channel="desk", title="t", text="", severity="critical", now=self.workers[0].now)
        self.store.commit([Create("outbox/a", content)])
        self.leased = self.store.docs["outbox/a"]

    def take(self, step: Step) -> None:
        match step:
            case ("reject", str(id)):
                self.addressees[id].faults.append(DeliveryError("unreachable"))
            case ("send", 0):
                send(self.leased, self.workers[0])
            case ("copy", 0):
                addressed(self.leased, self.workers[0])
            case ("minute", _):
                self.minute()
            case (_, int(number)):
                send_stuck_pages(self.workers[number])

    def minute(self) -> None:
        for worker in self.workers:
            worker.clock.advance(minutes=1)

    def settle(self) -> None:
        for _ in range(200):
            self.minute()
            send_stuck_pages(self.workers[0])


@given(STEPS)
def test_each_addressee_gets_the_message_once(steps: list[Step]) -> None:
    workers = Workers()
    for step in steps:
        workers.take(step)
    workers.settle()
    messages = list(workers.store.docs.values())
    assert [message.data["state"] for message in messages] == ["sent"] * len(IDS)
    assert {id: len(channel.sent) for id, channel in workers.addressees.items()} == dict.fromkeys(IDS, 1)
    assert len({key for channel in workers.addressees.values() for key, _ in channel.sent}) == len(IDS)
    assert sum("created_at" in message.data for message in messages) == 1


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=2), st.lists(st.sampled_from("abcdefgh"), unique=True)
)
def test_no_change_of_the_addresses_sends_two_messages_of_one_kind_to_the_same_addressee(
    before: list[str], after: list[str]
) -> None:
    context = FakeContext(several={"desk": {id: RecordingChannel() for id in after}} if after else {})
    messages = [
        {"channel": "desk", "addressee": {"position": position, "ids": before}} for position in range(len(before))
    ]
    reached = [_reached(message, context) for message in messages]
    for name, channel in zip(before, reached, strict=True):
        assert name not in after or channel is context.several["desk"][name]
    channels = [id(channel) for channel in reached if channel]
    assert len(set(channels)) == len(channels)


def _reached(message: dict[str, Any], context: FakeContext) -> Channel | None:
    try:
        return receiver(message, context)
    except DeliveryError:
        return None


def test_a_message_to_one_addressee_costs_nothing_more() -> None:
    context = FakeContext()
    content = intent(channel="desk", title="t", text="", severity="critical", now=context.now)
    version = context.store.commit([Create("outbox/a", content)])["outbox/a"]
    commits = len(context.store.commits)
    send(Doc("outbox/a", dict(content), version), context)
    assert len(context.store.commits) == commits + 1
