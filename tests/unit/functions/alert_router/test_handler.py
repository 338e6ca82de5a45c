"""The alert router over fakes."""

from collections.abc import Sequence

import pytest

from functions.alert_router.handler import handle
from functions.sweeper.handler import sweep
from shared.alerting.alert import alert_id
from shared.errors import Conflict, DeliveryError, Unavailable
from shared.events import Alert, DigestDue, EventAccepted, Signal, Tick
from shared.ports import Doc, Update, Write
from shared.records.identity import identity
from shared.runtime.entry import retry_conflicts
from shared.services.outbox.message import key_of
from shared.services.records.forgotten_events import forget_event
from tests.support.events import accepted, disk_full, new_customer, route_whole
from tests.support.fakes import FakeContext, FakeStore


def in_collection(context: FakeContext, collection: str) -> list[Doc]:
    return list(context.store.query(collection))


def pages(context: FakeContext) -> list[str]:
    return [notice.title for _, notice in context.channels["desk"].sent]


def test_a_critical_event_pages_at_once_and_says_why(context: FakeContext) -> None:
    message = accepted(context, "d1", disk_full())
    handle(message, context)
    ((key, notice),) = context.channels["desk"].sent
    assert (notice.title, notice.severity) == ("Disk full", "critical")
    assert notice.ack_url.startswith("https://opos.example/ack/")
    (sent,) = in_collection(context, "outbox")
    assert (key_of(sent), sent.data["state"], sent.data["due_at"]) == (key, "sent", None)
    event = context.store.get(f"events/{message.id}")
    assert event is not None
    assert event.data["state"] == "handled"
    assert event.data["handled"]["alert_router"]["decisions"][0]["reason"] == "critical and new; notifies now"


def test_a_redelivered_event_changes_nothing(context: FakeContext) -> None:
    message = accepted(context, "d1", disk_full(), new_customer())
    handle(message, context)
    before = dict(context.store.docs)
    handle(message, context)
    assert context.store.docs == before
    assert pages(context) == ["Disk full"]


def test_a_replay_is_handled_again_under_its_own_nonce(context: FakeContext) -> None:
    message = accepted(context, "d1", disk_full("warning"))
    handle(message, context)
    handle(message.model_copy(update={"nonce": "n1"}), context)
    handle(message.model_copy(update={"nonce": "n1"}), context)
    (alert,) = in_collection(context, "alerts")
    assert alert.data["count"] == 2


def test_a_business_event_that_is_replayed_comes_in_the_next_digest_once_more(context: FakeContext) -> None:
    message = accepted(context, "d1", new_customer())
    handle(message, context)
    (note,) = in_collection(context, "alerts")
    context.store.commit([Update(note.path, {"pending": None}, note.version)])
    handle(message.model_copy(update={"nonce": "n1"}), context)
    (note,) = in_collection(context, "alerts")
    assert (note.data["state"], note.data["pending"]["queue"]) == ("noted", "digest")


def test_an_event_without_signals_is_written_down_and_shows_nobody_anything(context: FakeContext) -> None:
    handle(accepted(context, "d1"), context)
    assert (pages(context), in_collection(context, "alerts")) == ([], [])
    assert in_collection(context, "events")[0].data["state"] == "handled"


def test_several_signals_of_one_alert_in_one_event_are_taken_in_turn_and_what_is_over_by_then_pages_nobody(
    context: FakeContext,
) -> None:
    handle(accepted(context, "d1", disk_full(), disk_full(), disk_full(status="resolved")), context)
    (alert,) = in_collection(context, "alerts")
    assert (alert.data["state"], alert.data["count"]) == ("resolved", 2)
    assert pages(context) == []


def test_a_critical_event_costs_its_budget(context: FakeContext) -> None:
    handle(accepted(context, "d1", disk_full()), context)
    assert sum(len(batch) for batch in context.store.commits) <= 6


def test_the_fifth_waiting_item_closes_the_digest(context: FakeContext) -> None:
    for n in range(5):
        assert not [one for one in context.bus.published if isinstance(one, DigestDue)]
        handle(accepted(context, f"d{n}", new_customer()), context)
    assert context.bus.published[-1] == DigestDue(queue="digest", reason="size")


def test_a_page_that_the_channel_does_not_take_is_kept_for_the_sweeper(context: FakeContext) -> None:
    context.channels["desk"].faults = [DeliveryError("timeout")]
    handle(accepted(context, "d1", disk_full()), context)
    (waiting,) = in_collection(context, "outbox")
    assert (waiting.data["state"], waiting.data["due_at"]) == ("pending", "2026-11-20T09:00:30.000000Z")


def test_a_channel_that_crashes_loses_no_page(context: FakeContext) -> None:
    context.channels["desk"].faults = [RuntimeError("a bug")]  # type: ignore[list-item]
    handle(accepted(context, "d1", disk_full()), context)
    assert in_collection(context, "outbox")[0].data["state"] == "pending"


def test_a_page_that_can_never_be_delivered_is_marked_failed(context: FakeContext) -> None:
    context.channels["desk"].faults = [DeliveryError("rejected", permanent=True)] * 2
    handle(accepted(context, "d1", disk_full()), context)
    (failed,) = in_collection(context, "outbox")
    assert (failed.data["state"], failed.data["due_at"]) == ("failed", None)


class RacingStore(FakeStore):
    """Lets another writer in between the read of an alert and the commit, once."""

    raced = False

    def get(self, path: str) -> Doc | None:
        doc = super().get(path)
        if doc and path.startswith("alerts/") and not self.raced:
            self.raced = True
            self.commit([Update(path, {"state": "acknowledged"}, doc.version)])
        return doc


def test_an_alert_changed_by_another_writer_meanwhile_is_decided_afresh() -> None:
    context = FakeContext(store=RacingStore())
    handle(accepted(context, "d1", disk_full("warning")), context)
    message = accepted(context, "d2", disk_full("warning"))
    retry_conflicts(lambda: handle(message, context))
    (alert,) = in_collection(context, "alerts")
    assert (alert.data["state"], alert.data["count"]) == ("acknowledged", 2)


def test_an_event_that_vanished_is_a_conflict_and_not_silently_dropped(context: FakeContext) -> None:
    message = accepted(context, "d1", disk_full())
    del context.store.docs[f"events/{message.id}"]
    with pytest.raises(Conflict):
        handle(message, context)
    assert pages(context) == []


def test_an_event_republished_by_the_sweeper_is_handled_though_its_version_moved(context: FakeContext) -> None:
    message = accepted(context, "d1", disk_full())
    context.store.commit([Update(f"events/{message.id}", {"republished.count": 1}, message.version)])
    handle(message, context)
    assert pages(context) == ["Disk full"]


def test_an_alert_keeps_what_its_sender_said(context: FakeContext) -> None:
    said = disk_full("warning", summary="97 %", link="https://grafana.example", labels={"host": "db-1"})
    assert isinstance(said, Alert)
    handle(accepted(context, "d1", said), context)
    (alert,) = in_collection(context, "alerts")
    names = ("title", "summary", "link", "labels", "severity", "source")
    assert [alert.data[name] for name in names] == [
        "Disk full", "97 %", "https://grafana.example", {"host": "db-1", "alertname": "test", "incident": "disk", "severity": "warning", "source": "github"},
        "warning", "github",
    ]  # fmt: skip


def test_criticals_of_one_group_within_its_interval_are_one_page_and_one_with_a_count(context: FakeContext) -> None:
    for n in range(60):
        handle(accepted(context, f"d{n}", disk_full(fingerprint=f"f{n}", title=f"Trouble {n}")), context)
        context.clock.advance(milliseconds=1)
    assert pages(context) == ["Trouble 0"]
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert pages(context) == ["Trouble 0", "59 alerts of test: Trouble 1"]
    sweep(Tick(), context)
    assert len(pages(context)) == 2


def other_trouble(n: int) -> Signal:
    return disk_full(fingerprint=f"f{n}", title=f"Trouble {n}", labels={"alertname": f"T{n}"})


def test_a_flood_of_unlike_criticals_is_five_pages_and_one_for_all_the_others(context: FakeContext) -> None:
    for n in range(1000):
        handle(accepted(context, f"d{n}", other_trouble(n)), context)
        context.clock.advance(milliseconds=1)
    assert pages(context) == [f"Trouble {n}" for n in range(5)]
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert pages(context)[5:] == ["995 alerts at once: Trouble 5"]
    assert not [doc for doc in in_collection(context, "alerts") if doc.data["calls_at"]]


def test_the_minute_after_a_flood_a_critical_alert_pages_on_its_own_again(context: FakeContext) -> None:
    for n in range(11):
        handle(accepted(context, f"d{n}", other_trouble(n)), context)
    context.clock.advance(seconds=61)
    handle(accepted(context, "late", other_trouble(99)), context)
    assert pages(context)[5:] == ["Trouble 99"]


def test_a_webhook_with_thousands_of_alerts_is_decided_in_batches_and_each_alert_once(context: FakeContext) -> None:
    signals = [disk_full("warning", f"f{n}") for n in range(950)]
    message = accepted(context, "d1", *signals, new_customer())
    assert route_whole(message, context) == 2
    assert max(len(batch) for batch in context.store.commits) <= 201
    event = context.store.get(f"events/{message.id}")
    assert event is not None
    assert (event.data["state"], len(event.data["handled"]["alert_router"]["decisions"])) == ("handled", 951)
    assert [alert.data["count"] for alert in in_collection(context, "alerts")] == [1] * 951


class DiesAfter(FakeStore):
    """Goes down after so many commits of the router."""

    left: int = 2

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        if isinstance(writes[0], Update) and writes[0].path.startswith("events/"):
            self.left -= 1
            self.down = self.left < 0
        return super().commit(writes)


def test_a_router_that_dies_between_two_batches_goes_on_where_it_stopped() -> None:
    store = DiesAfter()
    context = FakeContext(store=store)
    message = accepted(context, "d1", *[disk_full("warning", f"f{n}") for n in range(500)])
    with pytest.raises(Unavailable):
        route_whole(message, context)
    store.down, store.left = False, 100
    assert store.docs[f"events/{message.id}"].data["state"] == "accepted"
    route_whole(message, context)
    assert [alert.data["count"] for alert in in_collection(context, "alerts")] == [1] * 500
    assert store.docs[f"events/{message.id}"].data["state"] == "handled"


def test_a_large_event_yields_after_each_portion_and_its_rest_is_urgent_while_it_may_notify(
    context: FakeContext,
) -> None:
    calm = [disk_full("warning", f"w{n}") for n in range(150)]
    loud = [disk_full("critical", f"c{n}") for n in range(150)]
    message = accepted(context, "d1", *calm, *loud)
    context.bus.published.clear()
    handle(message, context)
    (rest,) = [again for again in context.bus.published if isinstance(again, EventAccepted)]
    assert (rest.id, rest.signals) == (message.id, message.signals)
    assert context.bus.later == []
    handle(rest, context)
    assert [again.id for again in context.bus.later if isinstance(again, EventAccepted)] == [message.id]


def test_the_criticals_of_a_large_event_are_decided_first_each_with_all_its_signals_in_their_order(
    context: FakeContext,
) -> None:
    calm = [disk_full("warning", f"w{n}") for n in range(200)]
    said = [disk_full("warning", "shop"), *calm, disk_full("critical", "shop"), disk_full("critical", "db")]
    handle(accepted(context, "d1", *said), context)
    assert len(pages(context)) == 1
    decisions = in_collection(context, "events")[0].data["handled"]["alert_router"]["decisions"]
    shop, db = (alert_id("github", "", 0, disk_full(fingerprint=name)) for name in ("shop", "db"))
    assert [decision["alert"] for decision in decisions[:3]] == [shop, shop, db]
    assert [alert.data["count"] for alert in in_collection(context, "alerts") if alert.id == shop] == [2]


def test_a_large_event_that_vanished_is_a_conflict(context: FakeContext) -> None:
    message = accepted(context, "d1", *[disk_full("warning", f"f{n}") for n in range(101)])
    del context.store.docs[f"events/{message.id}"]
    with pytest.raises(Conflict):
        handle(message, context)


def test_an_event_whose_person_is_forgotten_under_way_still_pages_and_names_nobody(context: FakeContext) -> None:
    firing = disk_full().model_copy(update={"title": "Disk of Zyxora full", "labels": {"customer": "Zyxora"}})
    message = accepted(context, "d1", firing)
    forget_event(message.id, identity([], ["Zyxora"]), "2026-11-28T12:00:00.000000Z", context)
    handle(message, context)
    assert pages(context) == [f"{message.type} about somebody who was forgotten"]
    assert "Zyxora" not in str(context.store.docs)
    resolved = firing.model_copy(update={"status": "resolved"})
    handle(accepted(context, "d2", resolved), context)
    (alert,) = in_collection(context, "alerts")
    assert alert.data["state"] == "resolved"
