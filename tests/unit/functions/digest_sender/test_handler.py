"""The digest sender over fakes."""

import re
from datetime import timedelta

import pytest

from functions.alert_router.handler import handle as route
from functions.digest_sender.handler import handle
from functions.digest_sender.overview import overview
from functions.sweeper.handler import sweep
from shared.alerting.alert import pending
from shared.config.model import Config
from shared.deployments import Deployment, Phase, to_doc
from shared.digest.batch import Batch
from shared.errors import Conflict, DeliveryError, Unavailable
from shared.events import DigestDue, Tick
from shared.ports import Create, Doc, Set, Update, Write
from shared.runtime.entry import retry_conflicts
from shared.services.asks.asks import open_ask
from shared.services.digest.notice import item_links
from shared.services.outbox.delivery import send
from shared.services.outbox.message import key_of
from shared.values.timestamps import iso
from tests.support.asks import question
from tests.support.events import accepted, disk_full, route_whole
from tests.support.fakes import CONFIG, FakeContext, FakeStore

ITEM = {
    "title": "Trouble",
    "summary": "",
    "id": "a",
    "kind": "event",
    "link": "",
    "state": "firing",
    "severity": "critical",
    "count": 1,
    "money": None,
}
DUE = DigestDue(queue="digest", reason="window")


def wait(context: FakeContext, count: int) -> None:
    for n in range(count):
        number = len(context.store.docs)
        route(accepted(context, f"d{number}", disk_full("warning", f"f{number}", title=f"Trouble {n}")), context)
        context.clock.advance(seconds=1)


def digests(context: FakeContext) -> list[Doc]:
    return list(context.store.query("digests", order_by="created_at"))


def sent(context: FakeContext) -> list[str]:
    return [notice.text for _, notice in context.channels["inbox"].sent]


def test_a_digest_stays_open_before_its_size_and_window(context: FakeContext) -> None:
    wait(context, 4)
    handle(DUE, context)
    assert digests(context) == []


def test_a_digest_without_items_is_never_sent(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(context, 1)
    empty = Batch(0, context.now, "window")
    monkeypatch.setattr("functions.digest_sender.handler.due_batches", lambda *_: iter([empty]))
    with pytest.raises(ValueError, match="expected items for a digest of the queue digest, found none"):
        handle(DUE, context)
    assert (digests(context), sent(context)) == ([], [])


def test_the_fifth_item_closes_the_digest_and_the_sixth_opens_the_next(context: FakeContext) -> None:
    wait(context, 6)
    handle(DUE, context)
    (digest,) = digests(context)
    assert (len(digest.data["members"]), digest.data["closed_by"], digest.data["state"]) == (5, "size", "sent")
    assert context.store.count("alerts", where=[("pending.place", ">", "")]) == 1


def test_the_window_starts_at_the_first_waiting_item(context: FakeContext) -> None:
    wait(context, 2)
    context.clock.advance(seconds=297)
    handle(DUE, context)
    assert digests(context) == []
    context.clock.advance(seconds=1)
    handle(DUE, context)
    assert digests(context)[0].data["closed_by"] == "window"


def test_items_of_one_rank_stand_in_the_order_they_came(context: FakeContext) -> None:
    wait(context, 5)
    handle(DUE, context)
    (text,) = sent(context)
    assert re.findall(r"^! (Trouble \d)", text, re.MULTILINE) == [f"Trouble {n}" for n in range(5)]


def test_each_item_is_in_one_digest_only(context: FakeContext) -> None:
    wait(context, 23)
    handle(DUE, context)
    context.clock.advance(minutes=6)
    handle(DUE, context)
    handle(DUE, context)
    members = [member for digest in digests(context) for member in digest.data["members"]]
    assert len(members) == len(set(members)) == 23
    assert [len(digest.data["members"]) for digest in digests(context)] == [5, 5, 5, 5, 3]


class SlowStore(FakeStore):
    """Lets an item change between the query of a claim and its commit, once."""

    def commit(self, writes: list[Write]) -> dict[str, str]:  # type: ignore[override]
        claims = [write for write in writes if isinstance(write, Update) and write.data.get("digest")]
        if claims and not getattr(self, "raced", False):
            self.raced = True
            super().commit([Update(claims[0].path, {"count": 9}, claims[0].if_version)])
        return super().commit(writes)


def test_an_item_that_changes_during_the_claim_is_sent_as_it_then_is() -> None:
    context = FakeContext(store=SlowStore())
    wait(context, 5)
    with pytest.raises(Conflict):
        handle(DUE, context)
    assert digests(context) == []
    retry_conflicts(lambda: handle(DUE, context))
    assert "9 times" in sent(context)[0]


def test_a_digest_that_is_not_taken_keeps_its_members_and_words(context: FakeContext) -> None:
    context.channels["inbox"].faults = [DeliveryError("timeout")]
    wait(context, 5)
    handle(DUE, context)
    (before,) = digests(context)
    assert before.data["state"] == "pending"
    wait(context, 5)
    handle(DUE, context)
    after = context.store.get(before.path)
    assert after is not None
    assert (after.data["members"], after.data["notice"]) == (before.data["members"], before.data["notice"])


def test_however_many_wait_all_that_is_due_is_sent_and_no_item_is_read_twice() -> None:
    digest = {**CONFIG["digest"], "messages_per_minute": 1000}  # type: ignore[dict-item]
    context = FakeContext(config=Config.model_validate({**CONFIG, "digest": digest}))
    waits = pending("digest", context.now)
    docs = {f"alerts/{n:04}": {**ITEM, "pending": waits} for n in range(1203)}
    context.store.commit([Create(path, data) for path, data in docs.items()])
    context.clock.advance(minutes=5)
    handled = 0
    context.bus.published.append(DUE)
    while context.bus.published:
        handle(context.bus.published.pop(), context)  # type: ignore[arg-type]
        handled += 1
    assert [len(digest.data["members"]) for digest in digests(context)] == [5] * 240 + [3]
    assert handled == 4


def test_while_the_channel_takes_nothing_the_rest_goes_on_waiting(context: FakeContext) -> None:
    wait(context, 17)
    context.channels["inbox"].faults = [DeliveryError("timeout")]
    handle(DUE, context)
    assert [digest.data["state"] for digest in digests(context)] == ["pending"]
    assert context.bus.published[-1] != DUE
    handle(DUE, context)
    assert [digest.data["state"] for digest in digests(context)] == ["pending", "sent", "sent"]


def test_a_late_worker_sends_the_same_digest_and_cannot_write_its_receipt(context: FakeContext) -> None:
    context.channels["inbox"].faults = [KeyboardInterrupt()]  # type: ignore[list-item]  # the process ends here
    wait(context, 5)
    with pytest.raises(KeyboardInterrupt):
        handle(DUE, context)
    (claimed,) = digests(context)
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    (after,) = digests(context)
    send(claimed, context)
    assert digests(context) == [after]
    (first, again) = context.channels["inbox"].sent
    assert first == again == (key_of(claimed), first[1])
    assert (after.data["state"], after.data["fence"]) == ("sent", 2)


def test_the_first_digest_of_a_day_says_what_was_deployed_since_the_last_one() -> None:
    context = FakeContext()
    for number, age in ((1, timedelta(days=2)), (2, timedelta(hours=3)), (3, timedelta(hours=1))):
        phase: Phase = "rolled_back" if number == 3 else "done"
        deployment = Deployment(
            number=number, target="production", phase=phase, by="ann@example.com", began_at=iso(context.now - age),
            commit=f"{number}234567890", reason="it was worse" if number == 3 else "",
        )  # fmt: skip
        context.store.commit([Set(deployment.path, to_doc(deployment))])
    assert [note["text"] for note in overview("digest", [], {}, context).notes] == [
        "Deployment 2 (2234567) by ann@example.com",
        "Deployment 3 (3234567) by ann@example.com, rolled back: it was worse",
    ]


def test_the_first_digest_of_a_day_says_what_waits_for_an_answer() -> None:
    context = FakeContext()
    open_ask(*question(context), context)
    expired = question(context, about="run/2", bound="b", decide_by=iso(context.now))
    open_ask(*expired, context)
    notes = overview("digest", [], {}, context).notes
    assert notes == [{"text": "1 ask waiting for your answer: Refund 129.00 EUR?", "link": "https://opos.example"}]


def flood(context: FakeContext, count: int) -> None:
    """*count* warnings of three rules in one webhook, and one payment problem among them."""
    signals = [
        disk_full("warning", f"f{n}", title=f"Trouble {n}", labels={"alertname": f"Rule{n % 3}"}) for n in range(count)
    ]
    lost = disk_full("warning", "lost", title="Payment failed", money={"amount": 49000, "currency": "eur"})
    route_whole(accepted(context, f"d{len(context.store.commits)}", *signals, lost), context)


def rule_lines(digest: Doc) -> list[str]:
    return [line["title"] for block in digest.data["content"]["blocks"] for line in block["lines"]]


def test_more_digests_than_the_channel_may_get_are_one_summary_with_a_line_for_each_rule(context: FakeContext) -> None:
    flood(context, 999)
    handle(DUE, context)
    handle(DUE, context)
    (digest,) = digests(context)
    assert [title.partition(":")[0] for title in rule_lines(digest)] == [
        "Payment failed", *(f"333 alerts of Rule{n}" for n in range(3)),
    ]  # fmt: skip
    assert digest.data["notice"]["title"] == "1,000 items of 4 rules: Payment failed"
    assert (len(sent(context)), len(set(digest.data["members"]))) == (1, 1000)
    assert "More than 5 digests a minute were due" in sent(context)[0]
    alerts = list(context.store.query("alerts"))
    assert {alert.data["digest"] for alert in alerts} == {digest.path}
    assert {alert.id for alert in alerts} == set(digest.data["members"])


def test_after_a_summary_the_channel_gets_no_digest_for_a_minute_and_then_one_of_all_that_waits(
    context: FakeContext,
) -> None:
    flood(context, 99)
    handle(DUE, context)
    flood(context, 499)  # those of the first are repeats
    handle(DUE, context)
    assert len(digests(context)) == 1
    context.clock.advance(minutes=1)
    handle(DUE, context)
    assert sorted(len(digest.data["members"]) for digest in digests(context)) == [100, 400]


def test_within_the_ceiling_each_digest_is_a_message_of_its_own(context: FakeContext) -> None:
    for _ in range(6):
        wait(context, 5)
        handle(DUE, context)
    assert [len(digest.data["members"]) for digest in digests(context)] == [5] * 5
    context.clock.advance(minutes=1)
    handle(DUE, context)
    assert [len(digest.data["members"]) for digest in digests(context)] == [5] * 6


class DiesAtPart(FakeStore):
    """Goes down after the first part of a summary."""

    def commit(self, writes: list[Write]) -> dict[str, str]:  # type: ignore[override]
        versions = super().commit(writes)
        self.down = isinstance(writes[0], Create) and "content" in writes[0].data
        return versions


def test_a_summary_whose_worker_dies_is_sent_by_the_sweeper_and_the_rest_waits_for_the_next() -> None:
    store = DiesAtPart()
    context = FakeContext(store=store)
    flood(context, 999)
    with pytest.raises(Unavailable):
        handle(DUE, context)
    store.down = False
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    (first,) = digests(context)
    assert (first.data["state"], len(first.data["members"])) == ("sent", 400)
    assert DUE.queue in {message.queue for message in context.bus.published if isinstance(message, DigestDue)}
    handle(
        DUE,
        FakeContext(
            store=FakeStore(docs=dict(store.docs)), clock=context.clock, channels=context.channels, ids=context.ids
        ),
    )
    assert [text.count("alerts of Rule") for text in sent(context)] == [3, 3]


def test_the_links_of_a_line_about_a_rule_act_on_similar_alerts_only(context: FakeContext) -> None:
    flood(context, 99)
    handle(DUE, context)
    links = item_links(digests(context)[0].data["content"], context)
    assert sorted(sorted(names) for names in links.values()) == [
        ["ack", "always", "never", "silence"], *[["always", "never", "silence"]] * 3,
    ]  # fmt: skip
