"""A delivery without an id that is sent again, after an attempt that was cut off, and with many alerts."""

import pytest

from shared.alerting.alert import alert_id
from shared.errors import Unavailable
from shared.events import Alert, Event, Signal
from shared.ports import Create, Update
from shared.services.intake import redelivery
from shared.services.intake.acceptance import Outcome
from tests.support.events import disk_full, route_whole
from tests.support.fakes import FakeContext
from tests.unit.services.intake.test_acceptance import AmbiguousStore


def accept(context: FakeContext, *signals: Signal) -> tuple[Event, Outcome]:
    event = Event(
        id=context.new_id(), source="app", type="alerts", delivery_id="", received_at=context.now,
        owner="me@example.com", trace=context.trace, body="{}", body_sha256="words",
    )  # fmt: skip
    content = {"event": event.id, "body_sha256": "words", "expires_at": "2026-11-20T09:01:00.000000Z"}
    return redelivery.accept_latest(event, signals, None, Create("bodies/group", content), context)


def test_after_an_attempt_that_timed_out_after_it_was_stored_it_is_published() -> None:
    context = FakeContext(store=AmbiguousStore())
    with pytest.raises(Unavailable):
        accept(context, disk_full())
    event, outcome = accept(context, disk_full())
    assert outcome == "duplicate"
    assert [message.id for message in context.bus.published] == [event.id]  # type: ignore[attr-defined]


def handled(context: FakeContext, signals: list[Alert]) -> None:
    accept(context, *signals)
    route_whole(context.bus.published[-1], context)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("alerts", "outcome"), [(redelivery.MOST_ALERTS, "duplicate"), (redelivery.MOST_ALERTS + 1, "accepted")]
)
def test_with_more_alerts_than_opos_reads_it_is_accepted_again(alerts: int, outcome: Outcome) -> None:
    context, signals = FakeContext(), [disk_full("warning", f"disk {number}") for number in range(alerts)]
    handled(context, signals)
    assert accept(context, *signals)[1] == outcome


def test_an_alert_that_is_stored_no_more_makes_the_same_words_new() -> None:
    context = FakeContext()
    handled(context, [disk_full()])
    assert accept(context, disk_full())[1] == "duplicate"
    del context.store.docs[f"alerts/{alert_id('app', '', 0, disk_full())}"]
    assert accept(context, disk_full())[1] == "accepted"


def test_what_nobody_could_handle_is_accepted_when_its_sender_says_it_again() -> None:
    context = FakeContext()
    event, _ = accept(context, disk_full("critical", status="resolved"))
    (doc,) = [doc for doc in context.store.query("events") if doc.id == event.id]
    context.store.commit([Update(doc.path, {"state": "dead"}, doc.version)])
    assert accept(context, disk_full("critical", status="resolved"))[1] == "accepted"
