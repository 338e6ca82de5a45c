"""How many digests a channel may still get within the minute."""

from shared.digest.batch import Batching
from shared.digest.summary import CLOSED_BY
from shared.events import iso
from shared.ports import Create
from shared.services.digest.ceiling import newest_digest, room
from tests.support.fakes import FakeContext


def rules(queue: str) -> Batching:
    return Batching(queue, "inbox", 5, lambda since: since, 5)


def test_a_summary_of_one_queue_leaves_room_for_the_digests_of_another(context: FakeContext) -> None:
    digest = {
        "created_at": iso(context.now),
        "channel": "inbox",
        "closed_by": CLOSED_BY,
        "content": {"queue": "alerts"},
    }
    context.store.commit([Create("digests/a", digest)])
    newest = newest_digest(context)
    assert room(newest, rules("alerts"), context) == 0
    assert room(newest, rules("business"), context) == 4
    context.clock.advance(minutes=1)
    assert room(newest, rules("alerts"), context) == 5
