"""However copies of webhooks under other delivery ids interleave, each body acts once, and nothing is lost."""

import json
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from functions.webhook_intake.handler import handle
from shared.sources.senders.github import SCHEME
from shared.values.http import HttpRequest
from tests.property.test_interleaving import SCHEDULES, Turnstile, until_it_commits
from tests.support.fakes import FakeContext

Copy = tuple[str, str]
"""The body and the delivery id of a webhook."""
COPIES = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["1", "2", "3"])), min_size=1, max_size=5)


def sent(copy: Copy, context: FakeContext) -> Callable[[], object]:
    zen, delivery = copy
    body = json.dumps({"zen": zen}).encode()
    headers = SCHEME.sign(body, "secret", now=context.now, delivery=delivery, event_type="ping")
    request = HttpRequest("POST", "/webhooks/github", headers, {}, body)
    return lambda: until_it_commits(lambda: handle(request, context))


@given(copies=COPIES, schedule=SCHEDULES)
def test_of_all_copies_of_a_body_that_arrive_together_at_most_one_is_the_first(
    copies: list[Copy], schedule: list[int]
) -> None:
    store = Turnstile()
    context = FakeContext(store=store, secrets={"GITHUB_SECRET": "secret"})
    store.run([sent(copy, context) for copy in copies], schedule)
    events = {doc.id: doc.data for doc in store.query("events")}
    firsts = [json.loads(event["body"])["zen"] for event in events.values() if not event["repeats"]]
    assert len(firsts) == len(set(firsts))
    assert {event["delivery_id"] for event in events.values()} == {delivery for _, delivery in copies}
    for event in events.values():
        assert not event["repeats"] or events[event["repeats"]]["body"] == event["body"]
    assert {message.id for message in context.bus.published} == set(events)  # type: ignore[attr-defined]


@given(copies=COPIES, schedule=SCHEDULES, again=SCHEDULES)
def test_what_is_sent_again_under_its_own_id_changes_nothing(
    copies: list[Copy], schedule: list[int], again: list[int]
) -> None:
    store = Turnstile()
    context = FakeContext(store=store, secrets={"GITHUB_SECRET": "secret"})
    store.run([sent(copy, context) for copy in copies], schedule)
    before = {doc.path: doc.data for doc in store.query("events")}
    store.run([sent(copy, context) for copy in copies], again)
    assert {doc.path: doc.data for doc in store.query("events")} == before
