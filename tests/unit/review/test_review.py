"""The weekly review: its figures, its words, when it is sent."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.console.handler import handle as console
from functions.digest_sender.review import send_review
from functions.sweeper.handler import sweep
from shared.alerting.route_suggestions import WHERE
from shared.events import ReviewDue, Tick, iso
from shared.ports import Form
from shared.review.charts import HEIGHT, WIDTH, columns
from shared.review.figures import Review, Share, review
from shared.review.history import History
from shared.review.sections import sections
from shared.values.http import HttpRequest
from tests.support.console import signed_in
from tests.support.digests import alert, say, send
from tests.support.fakes import FakeContext
from tests.support.weeks import a_noisy_week, make_review, page, weekly


@pytest.fixture(scope="module")
def week() -> Review:
    context = weekly()
    a_noisy_week(context)
    figures: Review = make_review(context).data["review"]
    return figures


def test_interruptions_are_counted_by_source_and_by_the_operators_hour(week: Review) -> None:
    assert (week["interruptions"], week["cost"], week["before"]) == (7, 41.0, 0)
    assert week["by_source"] == [
        {"name": "alertmanager", "count": 6, "cost": 40.0}, {"name": "github", "count": 1, "cost": 1.0},
    ]  # fmt: skip
    hours = {share["name"]: share["count"] for share in week["by_hour"] if share["count"]}
    assert hours == {"10": 1, "17": 1, "00": 1, "07": 1, "14": 1, "21": 1, "22": 1}
    assert sum(share["cost"] for share in week["by_hour"]) == week["cost"]


def test_the_rules_that_interrupt_for_nothing_come_with_the_lines_to_change(week: Review) -> None:
    noisy, *others = week["noise"]
    assert (noisy["alertname"], noisy["told"], noisy["acted"], noisy["advice"]) == (
        "Latency is high",
        5,
        0,
        "raise the delay",
    )
    assert "auto_pause: 4m" in noisy["lines"]
    assert [rule["advice"] for rule in others] == ["", ""]


def test_times_to_acknowledge_are_of_what_was_acknowledged(week: Review) -> None:
    assert (week["calls"], week["acknowledged"]) == (7, 2)
    assert (week["mean_time_to_acknowledge"], week["median_time_to_acknowledge"]) == (8 * 60, 8 * 60)


def test_of_what_digests_told_it_says_how_much_was_acted_on(week: Review) -> None:
    assert (week["digests"], week["listed"], week["listed_and_acted_on"]) == (1, 2, 1)


def test_missing_runbooks_and_what_is_due_are_named(week: Review) -> None:
    assert [share["name"] for share in week["runbooks_missing"]] == [
        "alertmanager Latency is high",
        "alertmanager Disk is full",
    ]
    assert week["due"] == [
        {"what": "flag", "name": "old_checkout", "on": "2026-11-01", "overdue": True},
        {"what": "secret", "name": "GITHUB_SECRET", "on": "2026-11-25", "overdue": False},
    ]


def test_events_and_what_a_month_of_them_costs_are_counted(week: Review) -> None:
    assert week["events"] == 16
    assert week["dollars_a_month"] == 0.0


def test_the_events_of_today_are_counted_also_in_the_first_hours_of_a_bundle() -> None:
    context = weekly()
    for number in range(145):
        say(context, alert(f"w{number}"))
    figures = make_review(context, hours=1).data["review"]
    assert figures["events"] == 145


def test_a_month_is_reckoned_by_the_time_that_the_events_cover() -> None:
    since, until = datetime(2026, 11, 12, 12, tzinfo=UTC), datetime(2026, 11, 19, 12, tzinfo=UTC)
    assert History(since, until, pages=[], digests=[], alerts={}, events=15, before=0, unread=0).days == 7.5


def test_a_live_outage_is_not_noise() -> None:
    context = weekly()
    for number in range(5):
        say(context, alert(f"Shop {number} is down", "critical", rule="Down"))
        context.clock.advance(hours=1)
    (rule,) = make_review(context).data["review"]["noise"]
    assert (rule["told"], rule["lasting"], rule["score"], rule["advice"]) == (5, 5, 0.0, "")


def test_it_reads_as_a_mail_with_a_title_that_says_most(week: Review) -> None:
    context = weekly()
    a_noisy_week(context)
    make_review(context)
    _, notice = context.channels["inbox"].sent[-1]
    assert notice.title == "Weekly review: 7 interruptions, 7 more than the week before"
    assert notice.mailing is not None
    for words in (
        "alertmanager: 6 interruptions, cost 40", "2 of 7 alerts: median 8 min, mean 8 min.",
        "flag old_checkout: 2026-11-01 (overdue)", "1 digest with 2 alerts that fired; you acted on 1.",
        f"To raise the delay, write {WHERE}:\n- {{matchers",
    ):  # fmt: skip
        assert words in notice.text
    assert notice.link == "https://opos.example/review"
    assert week["zone"] == "Europe/Berlin"
    assert "old_checkout: 2026-11-01 (overdue)" in notice.mailing.html


@pytest.mark.parametrize("form", [Form("markdown", 600), Form("slack", 3500), Form()])
def test_it_reads_in_a_chat_too(form: Form) -> None:
    context = weekly()
    a_noisy_week(context)
    context.channels["inbox"].form = form
    make_review(context)
    _, notice = context.channels["inbox"].sent[-1]
    assert notice.markup == form.markup
    assert "Interruptions" in notice.text or "INTERRUPTIONS" in notice.text
    assert len(notice.text) <= form.limit


def test_a_week_without_anything_is_a_review_too() -> None:
    figures = make_review(weekly()).data["review"]
    assert (figures["interruptions"], figures["mean_time_to_acknowledge"]) == (0, None)
    assert json.dumps(figures)


def test_what_is_older_than_a_week_counts_only_as_the_week_before() -> None:
    context = weekly()
    page(context, "Shop is down")
    context.clock.advance(days=6)
    page(context, "Disk is full")
    figures = make_review(context).data["review"]
    assert (figures["interruptions"], figures["before"], figures["calls"]) == (1, 1, 1)


def due(context: FakeContext) -> list[ReviewDue]:
    context.bus.published.clear()
    sweep(Tick(), context)
    return [message for message in context.bus.published if isinstance(message, ReviewDue)]


def test_it_is_due_on_monday_at_eight_on_the_operators_clock_once_and_is_made_up_for_within_a_day() -> None:
    context = weekly()
    assert due(context) == []
    context.clock.advance(days=2, hours=21, minutes=59)  # Monday, 07:59 in Berlin
    assert due(context) == []
    context.clock.advance(minutes=1)
    (message,) = due(context)
    assert message.at == context.now
    context.clock.advance(hours=5)
    assert due(context) == [message]
    send_review(message, context)
    send_review(message, context)
    assert len(context.channels["inbox"].sent) == 1
    assert due(context) == []


def test_one_that_nobody_made_for_a_day_is_left_out() -> None:
    context = weekly()
    context.clock.advance(days=4)
    assert due(context) == []


def test_without_the_section_there_is_none_but_on_the_console() -> None:
    context = weekly(review=None)
    context.clock.advance(days=2, hours=22)
    assert due(context) == []
    send_review(ReviewDue(at=context.now), context)
    assert context.channels["inbox"].sent == []


def test_a_digest_after_the_review_says_the_overview_of_the_day_only_once() -> None:
    context = weekly(digest={"channel": "inbox", "window": "1h"})
    say(context, alert("Old"))
    send(context, hours=1)
    make_review(context, hours=1)
    say(context, alert("New"))
    digest = send(context, hours=1)
    assert [block["kind"] for block in digest.data["content"]["blocks"]] == ["attention"]


def shown(context: FakeContext, **headers: str) -> Any:
    return console(HttpRequest("GET", "/review", headers), context)


def test_the_console_shows_it_with_plots_to_the_operator_only() -> None:
    context = weekly()
    a_noisy_week(context)
    context.clock.advance(days=1)
    assert shown(context).status == 401
    answer = shown(context, cookie=signed_in(context))
    text = answer.body.decode()
    assert (answer.status, text.count('<svg class="plot'), text.count('<rect class="f-acc"')) == (200, 2, 24 + 2)
    assert "<title>alertmanager: 6 interruptions, cost 40</title>" in text


def test_a_column_is_as_high_as_its_share_and_stays_within_the_chart() -> None:
    shares: list[Share] = [{"name": f"{n:02}", "count": n, "cost": float(n)} for n in range(24)]
    bars = columns("x", shares, named_each=3).bars
    assert bars[12].height == pytest.approx(bars[6].height * 2, abs=0.2)
    assert all(
        bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in bars
    )
    assert [bar.name for bar in bars if bar.name] == ["00", "03", "06", "09", "12", "15", "18", "21"]
    assert columns("x", [{"name": "a", "count": 0, "cost": 0.0}]).bars[0].height == 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(42, "42 s"), (450, "7 min"), (7100, "1 h 58 min"), (12_600, "3 h 30 min")]
)
def test_times_to_acknowledge_are_shown_in_their_largest_units(week: Review, seconds: float, text: str) -> None:
    times: Review = {**week, "median_time_to_acknowledge": seconds, "mean_time_to_acknowledge": seconds}
    shown = {section.heading: section.lines for section in sections(times)}
    assert shown["Time to acknowledge"] == [f"2 of 7 alerts: median {text}, mean {text}."]


def test_only_what_was_done_after_a_digest_listed_it_counts_as_acted_on() -> None:
    since, until = datetime(2026, 11, 13, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    acted, listed = iso(until - timedelta(hours=2)), iso(until - timedelta(hours=1))
    episodes = [{"began": acted, "acted": acted, "listed": listed}, {"began": acted, "listed": acted, "acted": listed}]
    alerts = {"a": {"source": "app", "labels": {}, "episodes": episodes}}
    history = History(since, until, pages=[], digests=[], alerts=alerts, events=0, before=0, unread=0)
    figures = review(history, zone="UTC", days={})
    assert (figures["listed"], figures["listed_and_acted_on"]) == (2, 1)
