"""Two alerts of one group that resolve at the same time: on every store, one of the commits has to be tried again."""

import pytest

from shared.alerting.alert import as_alert, resolved
from shared.errors import Conflict
from shared.ports import Doc, Store, Update, Write
from shared.services.alerting.resolved_notices import endings, with_endings
from tests.support.fakes import FakeContext
from tests.support.timeline import configured, docs, fire


def commit_of(alert: Doc, context: FakeContext) -> list[Write]:
    """The writes of a worker that resolves *alert*, and that has read what is known now."""
    before = as_alert(alert.data)
    after = resolved(before, context.now, by="link")
    ended = endings({alert.id: before}, {alert.id: after}, context)
    return with_endings([Update(alert.path, after, alert.version)], ended)


def test_two_resolves_at_the_same_time_know_of_each_other(store: Store) -> None:
    context = configured(route={"channel": "desk", "group_by": ["source"], "group_wait": 0})
    context.store = store  # type: ignore[assignment]
    fire(context, "disk")
    context.clock.advance(minutes=6)
    fire(context, "cpu")
    first, second = (commit_of(alert, context) for alert in docs(context, "alerts"))
    store.commit(first)
    with pytest.raises(Conflict):
        store.commit(second)
    (left,) = (alert for alert in docs(context, "alerts") if alert.data["state"] == "firing")
    store.commit(commit_of(left, context))
    assert len([message for message in docs(context, "outbox") if "resolves" in message.data]) == 1
