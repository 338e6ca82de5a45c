"""An event is accepted once, and an attempt that was cut off does not delay it."""

from collections.abc import Sequence

import pytest

from shared.errors import Unavailable
from shared.events import Event, document_id
from shared.ports import Write
from shared.services.intake.acceptance import accept
from tests.support.fakes import FakeContext, FakeStore


class AmbiguousStore(FakeStore):
    """Commits, and answers the first commit with a time-out, as Firestore does when its answer is late."""

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        versions = super().commit(writes)
        if len(self.commits) == 1:
            raise Unavailable("DeadlineExceeded")
        return versions


def webhook(context: FakeContext) -> Event:
    return Event(
        id=document_id("github", "d1"), source="github", type="ping", delivery_id="d1", received_at=context.now,
        owner="me@example.com", trace=context.trace, body="{}", body_sha256="",
    )  # fmt: skip


def test_the_retry_of_a_delivery_whose_first_attempt_timed_out_after_it_was_stored_is_published() -> None:
    context = FakeContext(store=AmbiguousStore())
    with pytest.raises(Unavailable):
        accept(webhook(context), (), context)
    assert context.bus.published == []
    assert accept(webhook(context), (), context) == "duplicate"
    assert [message.id for message in context.bus.published] == [document_id("github", "d1")]


def test_a_duplicate_of_an_event_that_was_handled_publishes_nothing() -> None:
    context = FakeContext()
    accept(webhook(context), (), context)
    (path,) = context.store.docs
    context.store.docs[path].data["state"] = "handled"
    assert accept(webhook(context), (), context) == "duplicate"
    assert len(context.bus.published) == 1
