"""The first weekly review of a month reminds of the monthly review of operations."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from functions.console.handler import handle as console
from functions.digest_sender.review import send_review
from opos.cli import main
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.events import ReviewDue
from shared.ports import Form
from shared.review.figures import Review
from shared.review.identity import review_id
from shared.review.monthly import CHECKLIST, checklist_beside, earlier_in_month, is_first_of_month, month_of
from shared.review.renderers import as_html, as_markdown, as_text
from shared.services.review.week import week_before
from shared.services.slo.indicators import Indicators
from shared.values.cron import last_moment, next_moment
from shared.values.http import HttpRequest
from shared.values.markup import MARKDOWN
from tests.support.console import signed_in
from tests.support.fakes import FakeContext
from tests.support.project import ROOT
from tests.support.weeks import WEEKLY, weekly

RUNBOOKS = "https://code.example/me/desk/docs/runbooks/"
ADDRESS = "https://code.example/me/desk/docs/operations/monthly-review.md"
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe"]
CRONS = st.one_of(
    st.builds("{1} {0} * * {2}".format, st.integers(0, 23), st.integers(0, 59), st.integers(0, 6)),
    st.sampled_from(["0 8 * * *", "30 2 * * sun,wed", "0 0 1 * *", "59 23 31 * *", "0 3 15 * *"]),
)


def at(day: int, hour: int = 7, *, month: int = 12) -> datetime:
    """Monday at eight in Berlin is 07:00 in winter: 30 November, then 7, 14, 21 and 28 December."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def made(context: FakeContext, due: datetime) -> Review:
    context.clock.advance(days=(due - context.now) / timedelta(days=1))
    send_review(ReviewDue(at=due), context)
    review: Review = context.store.docs[f"digests/{review_id(due)}"].data["review"]
    return review


@given(CRONS, st.sampled_from(ZONES), st.sampled_from(ZONES), st.integers(0, 2000))
def test_of_the_reviews_of_each_month_exactly_the_first_reminds(cron: str, zone: str, calendar: str, days: int) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=days)
    moments = list(accumulate(repeat(start, 90), lambda after, _: next_moment(cron, after, zone=zone)))
    whole = [time for time in moments[1:] if month_of(time, zone=calendar) != month_of(moments[0], zone=calendar)]
    sent = set[datetime]()
    reminders = Counter[str]()
    for due in whole:
        earlier = earlier_in_month(cron, due, zone=zone, calendar=calendar)
        reminders[month_of(due, zone=calendar)] += is_first_of_month(due, earlier, sent.__contains__)
        sent.add(due)
    assert reminders == Counter({month_of(due, zone=calendar) for due in whole})


@given(st.sets(st.integers(0, 30)), st.integers(0, 6))
def test_weeks_without_a_review_swallow_no_reminder(skipped: set[int], weekday: int) -> None:
    cron, zone = f"0 8 * * {weekday}", "Europe/Berlin"
    moments = list(accumulate(repeat(at(1, month=11), 32), lambda after, _: next_moment(cron, after, zone=zone)))[1:]
    sent = [time for n, time in enumerate(moments) if n not in skipped]
    reminders = [
        month_of(due, zone=zone)
        for due in sent
        if is_first_of_month(due, earlier_in_month(cron, due, zone=zone, calendar=zone), sent.__contains__)
    ]
    assert reminders == list(dict.fromkeys(month_of(due, zone=zone) for due in sent))


def test_the_first_review_of_a_month_reminds_and_the_others_do_not() -> None:
    context = weekly()
    reminders = [made(context, due)["monthly"] for due in (at(30, month=11), at(7), at(14), at(21), at(28))]
    assert [monthly and monthly["month"] for monthly in reminders] == [
        "November 2026",
        "December 2026",
        None,
        None,
        None,
    ]


def test_where_the_first_review_of_a_month_was_not_made_the_next_one_reminds() -> None:
    context = weekly()
    made(context, at(30, month=11))
    assert made(context, at(14))["monthly"]
    assert made(context, at(21))["monthly"] is None


def test_the_month_is_the_operators_and_not_the_clocks() -> None:
    context = weekly(review={"channel": "inbox", "cron": "30 0 * * *"})  # in Berlin: 1 December is 30 November in UTC
    reminders = [made(context, datetime(2026, 11, day, 23, 30, tzinfo=UTC))["monthly"] for day in (28, 29, 30)]
    assert [monthly and monthly["month"] for monthly in reminders] == ["November 2026", None, "December 2026"]


@pytest.mark.parametrize(
    ("now", "month"),
    [(at(1), None), (at(7), "December 2026"), (at(13, 23), "December 2026"), (at(14), None)],
)
@pytest.mark.parametrize("review", [{"channel": "inbox"}, None])
def test_asked_between_two_reviews_it_says_what_the_last_one_said(
    now: datetime, month: str | None, review: dict[str, str] | None
) -> None:
    context = weekly(review=review)
    for due in (at(23, month=11), at(30, month=11), at(7), at(14)):
        if due <= now and review:
            made(context, due)
    monthly = week_before(now, context)["monthly"]
    assert (monthly and monthly["month"]) == month


@pytest.fixture
def first() -> FakeContext:
    context = weekly(health={"runbooks": RUNBOOKS})
    context.clock.advance(days=(at(7) - context.now) / timedelta(days=1))
    seen = Indicators(lambda: context.store, "one", lambda: context.config.slos)
    for n in range(1000):
        seen.took("webhook_to_effect", 60 if n == 0 else 0.1, context.now - timedelta(days=2))
    seen.report(context.now)
    return context


def test_it_says_what_is_left_of_each_error_budget_that_was_drawn_on(first: FakeContext) -> None:
    monthly = made(first, at(7))["monthly"]
    assert monthly is not None
    assert monthly["budgets"] == [{"objective": "webhook_to_effect", "left": 80.0}]
    assert json.loads(json.dumps(monthly)) == monthly


LINES = (
    f"The monthly review of operations for December 2026 is due. Its checklist: {CHECKLIST}",
    "webhook_to_effect: 80% of its error budget is left.",
)


def test_it_is_read_in_the_mail_and_leads_to_the_checklist(first: FakeContext) -> None:
    made(first, at(7))
    _, notice = first.channels["inbox"].sent[-1]
    assert notice.mailing is not None
    assert all(line in notice.text and line in notice.mailing.html for line in LINES)
    assert "ONCE A MONTH" in notice.text
    assert f"\n{ADDRESS}\n" in notice.text
    assert f'<a class="link" href="{ADDRESS}"' in notice.mailing.html


@pytest.mark.parametrize(
    ("markup", "link"), [("markdown", f"[The checklist]({ADDRESS})"), ("slack", f"<{ADDRESS}|The checklist>")]
)
def test_it_is_read_in_a_chat_before_all_that_may_be_cut(markup: Any, link: str, first: FakeContext) -> None:
    first.channels["inbox"].form = Form(markup, 600)
    made(first, at(7))
    _, notice = first.channels["inbox"].sent[-1]
    assert link in notice.text


def test_the_console_shows_it(first: FakeContext) -> None:
    answer = console(HttpRequest("GET", "/review", {"cookie": signed_in(first)}), first)
    text = answer.body.decode()
    assert all(line in text for line in LINES)
    assert f'<a href="{ADDRESS}">The checklist</a>' in text


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_terminal_shows_it(options: list[str], tmp_path: Path) -> None:
    config = {**WEEKLY, "owner": "me@example.com", "sources": {}, "rotate_by": {}}
    (tmp_path / "opos.yaml").write_text(json.dumps(config))
    (tmp_path / "flags.yaml").write_text("flags: {}")
    SqliteStore(Database(tmp_path / ".opos/opos.db")).commit([])
    files = [f"--{name}={tmp_path / file}" for name, file in PLACE.items()]
    answer = CliRunner().invoke(main, ["review", *files, *options], catch_exceptions=False)
    month = month_of(last_moment("0 8 * * mon", datetime.now(UTC), zone="Europe/Berlin"), zone="Europe/Berlin")
    assert month in (json.loads(answer.output)["monthly"]["month"] if options else answer.output)


PLACE = {"data": ".opos", "config": "opos.yaml", "flags": "flags.yaml"}


def test_without_a_reminder_no_form_speaks_of_the_month() -> None:
    week = week_before(at(14), weekly(review=None))
    said = as_text(week) + as_html(week, console="x") + as_markdown(week, MARKDOWN, Form(limit=9000))
    assert [words for words in ("once a month", "monthly review", "checklist") if words in said.lower()] == []


def test_a_review_kept_before_there_was_a_reminder_can_still_be_sent(first: FakeContext) -> None:
    kept: Any = {**week_before(at(7), first)}
    assert "ONCE A MONTH" in as_text(kept)
    del kept["monthly"]
    assert "ONCE A MONTH" not in as_text(kept)


@pytest.mark.parametrize("runbooks", [None, "", "https://wiki.example/pages"])
def test_no_address_is_guessed_where_the_runbooks_are_not_in_docs_runbooks(runbooks: str | None) -> None:
    assert not checklist_beside(runbooks)


def test_the_checklist_is_there() -> None:
    assert (ROOT / CHECKLIST).is_file()
    assert checklist_beside(RUNBOOKS) == checklist_beside(RUNBOOKS.rstrip("/")) == ADDRESS
