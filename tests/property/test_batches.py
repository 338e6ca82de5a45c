"""However size triggers, ticks and arrivals interleave, each item is in exactly one digest, and no digest is too big.

On the schedule of `test_interleaving`: each runs in a thread of its own and stops before each commit.
"""

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from functions.alert_router.handler import handle as route
from functions.digest_sender.handler import handle as send_digests
from functions.sweeper.due_digests import close_due_batches
from shared.events import DigestDue
from tests.property.test_interleaving import SCHEDULES, Step, Turnstile, until_it_commits
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeContext

WINDOW = timedelta(minutes=5)


def arrive(context: FakeContext, number: int) -> None:
    message = accepted(context, f"d{number}", disk_full("warning", f"f{number}", title=f"Trouble {number}"))
    until_it_commits(lambda: route(message, context))


def due(context: FakeContext) -> None:
    until_it_commits(lambda: send_digests(DigestDue(queue="digest", reason="size"), context))


@given(
    before=st.integers(0, 7), meanwhile=st.integers(0, 4), triggers=st.integers(1, 3), minutes=st.integers(0, 6),
    schedule=SCHEDULES,
)  # fmt: skip
def test_any_race_of_arrivals_size_triggers_and_ticks_tells_of_each_item_once(
    before: int, meanwhile: int, triggers: int, minutes: int, schedule: list[int]
) -> None:
    store = Turnstile()
    context = FakeContext(store=store)
    for number in range(before):
        arrive(context, number)
        context.clock.advance(seconds=20)
    context.clock.advance(minutes=minutes)
    steps: list[Step] = [lambda n=number: arrive(context, n) for number in range(before, before + meanwhile)]  # type: ignore[misc]
    steps += [lambda: due(context)] * triggers
    steps += [lambda: close_due_batches(context)]
    store.run(steps, schedule)
    for _ in range(2):
        context.clock.advance(minutes=6)
        due(context)
    judge(context, before + meanwhile)


def judge(context: FakeContext, items: int) -> None:
    digests = [doc.data for doc in context.store.query("digests")]
    carried = Counter(member for digest in digests for member in digest["members"])
    assert set(carried.values()) <= {1}
    assert len(carried) == items
    assert all(len(digest["members"]) <= 5 for digest in digests)
    assert all(digest["state"] == "sent" for digest in digests)
    keys = [key for key, _ in context.channels["inbox"].sent]
    assert len(keys) == len(set(keys)) == len(digests)
    told = {doc.id: datetime.fromisoformat(doc.data["first_seen"]) for doc in context.store.query("alerts")}
    for digest in digests:
        came = [told[member] for member in digest["members"]]
        assert max(came) - min(came) < WINDOW


def test_when_the_flow_stops_the_tick_sends_what_is_left(  # nothing strands
) -> None:
    context = FakeContext()
    for number in range(3):
        arrive(context, number)
    for _ in range(5):
        context.clock.advance(minutes=1)
        close_due_batches(context)
    assert [message for message in context.bus.published if isinstance(message, DigestDue)] == [
        DigestDue(queue="digest", reason="window")
    ]
