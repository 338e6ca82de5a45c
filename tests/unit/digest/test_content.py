"""What a digest says: what is in which block, in which order, and what is left out."""

from datetime import timedelta
from typing import Any

import pytest

from shared.alerting.alert import KEEP, AlertDoc, pending
from shared.digest.content import LISTED, Block, Content, Line, compose
from shared.digest.ranking import points, total
from shared.digest.renderers.text import as_text
from shared.events import BusinessEvent
from shared.ports import Create, Update
from tests.support.digests import a_mixed_day, alert, content_of, context_of, money, say, send
from tests.support.events import disk_full
from tests.support.fakes import FakeContext


def block(content: Content, kind: str) -> Block:
    empty: Block = {"kind": "attention", "lines": [], "notes": [], "rest": None}
    return next((block for block in content["blocks"] if block["kind"] == kind), empty)


def titles(content: Content, kind: str) -> list[str]:
    return [line["title"] for line in block(content, kind)["lines"]]


def the_line(context: FakeContext) -> Line:
    (line,) = block(content_of(context), "attention")["lines"]
    return line


def test_a_mixed_day_is_put_into_blocks_in_their_order() -> None:
    context = context_of()
    a_mixed_day(context)
    content = content_of(context)
    assert [block["kind"] for block in content["blocks"]] == ["attention", "business", "passing", "leftovers", "desk"]
    assert content["subject"] == "Payment of 490.00 EUR failed: ada@example.com and 10 more"
    assert titles(content, "attention") == [
        "Payment of 490.00 EUR failed: ada@example.com", "Disk /var on db-1 is 91 % full",
        "Certificate of shop.example ends in 6 days", "Search is slow",
    ]  # fmt: skip
    assert titles(content, "leftovers") == ["Backup of db-1 has not run"]


def test_what_fired_and_resolved_meanwhile_is_one_count_line() -> None:
    context = context_of()
    for title in ("CI failed", "Queue is long", "CI failed"):
        say(context, alert(title))
        say(context, alert(title, status="resolved"))
    content = content_of(context)
    passing = block(content, "passing")
    assert (passing["lines"], passing["rest"]) == ([], {"count": 2, "titles": [["CI failed", 2], ["Queue is long", 1]]})
    assert content["subject"] == "2 alerts resolved before you were notified"


def test_what_resolves_after_somebody_was_told_is_a_line_that_says_so() -> None:
    context = context_of()
    say(context, alert("Shop is down", "critical"), alert("Disk is full"))
    send(context)
    say(context, alert("Shop is down", "critical", status="resolved"), alert("Disk is full", status="resolved"))
    content = content_of(context)
    assert titles(content, "over") == ["Shop is down", "Disk is full"]
    assert block(content, "passing")["rest"] is None
    assert content["subject"] == "Resolved: Shop is down and 1 more"


def test_alerts_with_one_title_are_told_apart_by_the_labels_that_differ() -> None:
    context = context_of()
    for pod in ("web-1", "db-0"):
        labels = {"alertname": "Crashing", "namespace": "prod", "pod": pod}
        say(
            context,
            alert("Pod is crash looping", labels=labels).model_copy(update={"fingerprint": pod, "labels": labels}),
        )
    content = content_of(context)
    assert titles(content, "attention") == ["Pod is crash looping"] * 2
    text = as_text(content, {})
    assert [f"! Pod is crash looping (pod {pod}) " in text for pod in ("web-1", "db-0")] == [True, True]


def test_repeats_of_one_alert_are_one_line_with_a_count() -> None:
    context = context_of()
    say(context, alert("Disk is full"), times=4)
    assert the_line(context)["count"] == 4


def test_a_warning_that_becomes_critical_leaves_the_digest_and_pages() -> None:
    context = context_of()
    say(context, disk_full("warning"))
    say(context, disk_full("critical"))
    assert [notice.title for _, notice in context.channels["desk"].sent] == ["Disk full"]
    say(context, alert("Another"))
    assert titles(content_of(context), "attention") == ["Another"]


def test_an_item_that_somebody_acknowledges_leaves_the_digest() -> None:
    context = context_of()
    say(context, disk_full("warning"))
    say(context, disk_full("warning", status="acknowledged"))
    say(context, alert("Another"))
    assert titles(content_of(context), "attention") == ["Another"]


def test_money_that_came_in_is_added_up_by_currency_and_other_sums_are_not() -> None:
    context = context_of()
    for amount, currency in ((4900, "eur"), (5100, "EUR"), (1500, "jpy")):
        say(context, BusinessEvent(title="Paid", money=money(amount, currency), about="money in"))
    say(context, BusinessEvent(title="Payout", money=money(99900)))
    assert [note["text"] for note in block(content_of(context), "business")["notes"]] == [
        "100.00 EUR received in 2 payments", "1,500 JPY received in 1 payment",
    ]  # fmt: skip


def test_money_comes_before_customers_and_these_before_releases() -> None:
    context = context_of()
    for about in ("other", "releases", "customers", "money in"):
        say(context, BusinessEvent.model_validate({"title": about, "about": about}))
    assert titles(content_of(context), "business") == ["money in", "customers", "releases", "other"]


def test_what_the_budget_demoted_stands_in_the_last_block_with_its_reason() -> None:
    context = context_of(
        focus={"budget": {"interruptions_per_day": 0}}, route={"channel": "desk", "interrupt_from": "warning"}
    )
    say(context, alert("Disk is full"))
    content = content_of(context)
    (line,) = block(content, "desk")["lines"]
    assert line["reason"] == "warning, and today's 0 interruptions are used up: waits for the digest"
    assert content["subject"] == "Disk is full"


def test_times_in_a_reason_are_shown_in_the_operators_zone() -> None:
    context = context_of()
    waits = pending("digest", context.now, reason="focus until 2026-11-20T11:30:00.000000Z", by="focus")
    say(context, alert("Disk is full"))
    (doc,) = context.store.query("alerts")
    context.store.commit([Update(doc.path, {"pending": waits}, doc.version)])
    assert the_line(context)["reason"] == "focus until 12:30"


def test_what_is_too_much_is_counted_with_its_most_frequent_titles() -> None:
    context = context_of()
    for number in range(LISTED["attention"] + 7):
        say(context, alert("Disk is full", fingerprint=f"f{number}"))
    needs_a_look = block(content_of(context), "attention")
    assert (len(needs_a_look["lines"]), needs_a_look["rest"]) == (
        LISTED["attention"],
        {"count": 7, "titles": [["Disk is full", 7]]},
    )


def test_leftovers_and_concerns_are_said_with_the_first_digest_of_the_day_only() -> None:
    context = context_of(digest={"channel": "inbox", "window": "1h"})
    for number in range(11):
        say(context, alert(f"Old {number:02}"))
        context.clock.advance(seconds=1)
    send(context, hours=1)
    seen = []
    for number in range(3):  # at 12:00, and on the next day at 00:00 and 01:00 in Berlin
        say(context, alert(f"New {number}"))
        seen.append(block(content_of(context, hours=12 if number == 1 else 1), "leftovers"))
    first, second, third = seen
    assert (first["lines"], third["lines"]) == ([], [])
    assert [line["title"] for line in second["lines"]] == [f"Old {number:02}" for number in range(LISTED["leftovers"])]
    assert second["rest"] is not None
    assert second["rest"]["count"] == 11 + 1 - LISTED["leftovers"]


def test_what_is_told_again_is_no_leftover_beside_itself() -> None:
    context = context_of()
    say(context, alert("Disk is full", "info"), alert("Queue is long", "info"))
    send(context)
    context.clock.advance(hours=12)
    say(context, alert("Disk is full", "warning"))
    content = content_of(context)
    assert titles(content, "attention") == ["Disk is full"]
    assert titles(content, "leftovers") == ["Queue is long"]
    assert block(content, "leftovers")["rest"] is None


def test_what_is_acknowledged_or_over_is_left_over_no_more() -> None:
    context = context_of()
    say(context, disk_full("warning", "a"), disk_full("warning", "b"), disk_full("warning", "c"))
    send(context)
    say(context, disk_full("warning", "a", status="acknowledged"), disk_full("warning", "b", status="resolved"))
    context.clock.advance(hours=24)
    still_open = block(content_of(context), "leftovers")
    assert len(still_open["lines"]) == 1


def test_an_item_that_cannot_be_read_is_a_line_and_keeps_nobody_waiting() -> None:
    context = context_of()
    say(context, alert("Disk is full"))
    (doc,) = context.store.query("alerts")
    broken = {"money": {"amount": "much"}, "id": "broken", "kind": "alert"}
    context.store.commit([Update(doc.path, {**broken, "expires_at": None}, doc.version)])
    say(context, alert("Another"))
    digest = send(context)
    assert digest.data["state"] == "sent"
    assert titles(digest.data["content"], "attention") == ["Another", "An item that opos cannot read"]


@pytest.mark.parametrize("poison", [{"a": 1}, "yesterday"])
def test_no_field_of_a_stored_item_keeps_the_others_waiting(poison: Any) -> None:
    for name in AlertDoc.__annotations__:
        context = context_of()
        say(context, alert("Disk is full"), alert("Another"))
        (doc, *_) = [doc for doc in context.store.query("alerts") if doc.data["title"] == "Disk is full"]
        context.store.commit([Update(doc.path, {name: poison}, doc.version)])
        assert send(context).data["state"] == "sent", name
        ((_, notice),) = context.channels["inbox"].sent
        assert "Another" in notice.text, name


def test_a_document_with_nothing_in_it_is_told_and_keeps_nobody_waiting_either() -> None:
    context = context_of()
    context.store.commit([Create("alerts/broken", {"pending": pending("digest", context.now)})])
    say(context, alert("Another"))
    digest = send(context)
    assert digest.data["state"] == "sent"
    assert titles(digest.data["content"], "attention") == ["Another", "An item that opos cannot read"]
    assert context.store.count("alerts", where=[("pending.place", ">", "")]) == 0


def test_nothing_of_a_hostile_item_gets_onto_another_line() -> None:
    context = context_of()
    hostile = "a\r\nBcc: all@example.com \u202egnp.exe \x1b[2J <script>" + "x" * 100_000
    say(context, alert(hostile, summary=hostile, link="https://x.example/\r\nhttps://evil.example", rule="Hostile"))
    line = the_line(context)
    for text in (line["title"], line["summary"], line["source"]):
        assert text.isprintable()
        assert len(text) <= 240
    assert line["link"] == ""


def rank(**changes: Any) -> int:
    context = context_of()
    say(context, alert("Disk is full", money=money(10000)))
    (doc,) = context.store.query("alerts")
    item = {**doc.data, "money": None, **changes}
    return total(points(item, now=context.now + timedelta(hours=5)))


@pytest.mark.parametrize(
    "more",
    [
        {"severity": "critical"}, {"money": {"amount": 49000, "currency": "eur"}}, {"count": 9},
        {"first_seen": "2026-11-01T00:00:00.000000Z"}, {"episodes": [{"began": "2026-11-20T08:00:00Z"}] * 4},
        {"severity": "a word nobody knows"},
    ],
)  # fmt: skip
def test_more_severe_more_money_longer_and_more_often_ranks_higher(more: dict[str, Any]) -> None:
    assert rank(**more) > rank()


@pytest.mark.parametrize("less", [{"severity": "info"}, {"state": "resolved"}, {"episode": 7}])
def test_less_severe_over_and_known_ranks_lower(less: dict[str, Any]) -> None:
    assert rank(**less) < rank()


def test_ten_times_the_money_matters_more_and_not_ten_times_more() -> None:
    sums = [rank(money={"amount": amount, "currency": "eur"}) - rank() for amount in (1000, 10_000, 100_000)]
    assert sums[0] < sums[1] < sums[2] < 3 * sums[0]


def test_a_sum_in_yen_is_not_taken_for_cents() -> None:
    yen, euros = {"amount": 5000, "currency": "jpy"}, {"amount": 500_000, "currency": "eur"}
    assert rank(money=yen) == rank(money=euros)


def test_the_rank_is_the_sum_of_what_explains_it() -> None:
    context = context_of()
    say(context, alert("Disk is full", money=money(10000)), times=3)
    line = the_line(context)
    assert [what for what, _, _ in line["why"]] == ["severity", "novelty", "age", "recurrence", "money"]
    assert line["rank"] == round(sum(points for _, points, _ in line["why"]))


def test_a_digest_of_nothing_but_an_overview_cannot_be() -> None:
    context = context_of()
    assert compose([], queue="digest", now=context.now, zone="UTC", runbook=lambda _: "")["blocks"] == []
    assert timedelta(days=365) < KEEP
