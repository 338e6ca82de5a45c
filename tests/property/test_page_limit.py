"""However many senders are at it at once, no more messages than `pages_per_minute` go out one by one within a minute."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.alert_router.handler import handle
from functions.sweeper.alert_timers import end_timers
from shared.ports import Doc
from tests.property.test_interleaving import Step, Turnstile, until_it_commits
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeContext
from tests.support.timeline import configured, docs

WIDE = [{"matchers": ["wide=yes"], "channel": "friend", "continue": True}, {"matchers": ["wide=yes"]}]
"""Routes whose alerts notify on two channels."""


def one_by_one(context: FakeContext) -> list[Doc]:
    """The messages that are not about a storm."""
    storms = {group.id for group in docs(context, "groups") if group.data["flood"]}
    return [doc for doc in docs(context, "outbox") if doc.data["ack"]["group"] not in storms]


@settings(max_examples=15, deadline=None)
@given(
    wide=st.lists(st.booleans(), min_size=4, max_size=9),
    limit=st.integers(1, 3),
    waiting=st.integers(0, 3),
    schedule=st.lists(st.integers(0, 9), min_size=1, max_size=30),
)
def test_routers_and_sweeps_at_once_keep_the_limit_and_every_alert_notifies_in_the_end(
    wide: list[bool], limit: int, waiting: int, schedule: list[int]
) -> None:
    context = configured(route={"channel": "desk", "pages_per_minute": limit, "routes": WIDE})
    store = Turnstile()
    context.store = store
    messages = [
        accepted(
            context,
            f"d{n}",
            disk_full(fingerprint=f"f{n}", labels={"alertname": f"A{n}", "wide": "yes" if wide[n] else "no"}),
        )
        for n in range(len(wide))
    ]
    for message in messages[:waiting]:
        handle(message, context)
    context.clock.advance(minutes=2)
    began = context.now
    steps: list[Step] = [
        lambda m=message: until_it_commits(lambda: handle(m, context)) for message in messages[waiting:]
    ]  # type: ignore[misc]
    store.run([*steps, lambda: end_timers(context), lambda: end_timers(context)], schedule)
    within = [doc for doc in one_by_one(context) if doc.data["created_at"] > (began - timedelta(minutes=1)).isoformat()]
    assert len(within) <= max(limit, 1 + any(wide))
    for _ in range(3):
        context.clock.advance(minutes=2)
        end_timers(context)
    assert all(doc.data["told_at"] for doc in docs(context, "alerts"))
