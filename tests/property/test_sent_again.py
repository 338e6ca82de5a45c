"""However webhooks without ids, and copies of them, interleave: each change of words is stored, and no copy is."""

import json
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.webhook_intake.handler import handle
from shared.config.model import Config
from shared.ports import Create
from shared.sources.senders.bearer import SCHEME
from shared.values.http import HttpRequest
from tests.property.test_interleaving import SCHEDULES, Turnstile, until_it_commits
from tests.support.fakes import CONFIG, FakeContext

SOURCES = {"alertmanager": {"scheme": "bearer", "secrets": ["TOKEN"]}}
STATUSES = st.lists(st.sampled_from(["firing", "resolved"]), min_size=1, max_size=5)


def sent(status: str, context: FakeContext, answers: list[tuple[str, str]]) -> Callable[[], object]:
    alert = {"status": status, "fingerprint": "f", "startsAt": "2026-11-20T08:00:00Z", "labels": {"alertname": "D"}}
    body = json.dumps({"status": status, "groupKey": "{}", "alerts": [alert]}).encode()
    headers = SCHEME.sign(body, "token", now=context.now, delivery="", event_type="")

    def post() -> None:
        answer = handle(HttpRequest("POST", "/webhooks/alertmanager", headers, {}, body), context)
        answers.append((body.decode(), json.loads(answer.body)["id"]))

    return lambda: until_it_commits(post)


@settings(max_examples=40)
@given(statuses=STATUSES, schedule=SCHEDULES)
def test_of_equal_words_one_after_the_other_the_first_is_stored(statuses: list[str], schedule: list[int]) -> None:
    store, answers = Turnstile(), list[tuple[str, str]]()
    config = Config.model_validate({**CONFIG, "sources": SOURCES})
    context = FakeContext(store=store, config=config, secrets={"TOKEN": "token"})
    store.run([sent(status, context, answers) for status in statuses], schedule)
    events = {doc.id: doc.data["body"] for doc in store.query("events")}
    assert [events[id] for _, id in answers] == [body for body, _ in answers]
    assert len(answers) == len(statuses)
    assert {message.id for message in context.bus.published} == set(events)  # type: ignore[attr-defined]
    creates = [write for commit in store.commits for write in commit if isinstance(write, Create)]
    stored = [write.data["body"] for write in creates if write.path.startswith("events/")]
    assert all(body != after for body, after in pairwise(stored))
