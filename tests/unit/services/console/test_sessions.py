"""How a session of the console begins, stays and ends; over fakes and, for its races, over drawn schedules."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import AlreadyExists, Conflict, Gone, NotFound
from shared.events import iso
from shared.services.console.sessions import COARSE, IDLE, KEEP, LIFE, begin, end, new_link, session_of, sessions
from shared.values.browsers import browser_of
from tests.property.test_interleaving import Turnstile, until_it_commits
from tests.support.fakes import FakeContext


def token(context: FakeContext) -> str:
    return new_link(context).rpartition("/")[2]


def begun(context: FakeContext) -> str:
    return begin(token(context), "Firefox on Linux", context)


def stored(context: FakeContext) -> dict[str, Any]:
    (doc,) = context.store.query("sessions")
    return doc.data


def test_a_session_ends_after_a_week_without_use(context: FakeContext) -> None:
    cookie = begun(context)
    context.clock.advance(days=6, hours=23)
    assert session_of(cookie, context)
    context.clock.advance(days=7)
    assert session_of(cookie, context) is None
    assert sessions(context) == []


def test_a_session_that_is_used_every_day_ends_after_thirty_days(context: FakeContext) -> None:
    cookie, days = begun(context), 0
    while session_of(cookie, context):
        context.clock.advance(days=1)
        days += 1
    assert days == LIFE.days


def test_a_use_is_written_once_an_hour_and_costs_one_read(context: FakeContext) -> None:
    cookie = begun(context)
    for _ in range(120):
        context.clock.advance(minutes=1)
        assert session_of(cookie, context)
    assert len(context.store.commits) == 1 + 2
    assert stored(context)["last_seen"] == iso(context.now)


def test_an_ended_session_is_deleted_after_its_link_has_expired(context: FakeContext) -> None:
    cookie = begun(context)
    assert stored(context)["expires_at"] == iso(context.now + IDLE + KEEP)
    end(cookie.partition(".")[0], context)
    assert stored(context)["expires_at"] == iso(context.now + KEEP)
    context.clock.advance(hours=-6)  # the machine's clock is set back
    assert session_of(cookie, context) is None
    assert sessions(context) == []


def test_the_link_of_an_ended_session_begins_no_other(context: FakeContext) -> None:
    link = token(context)
    end(begin(link, "", context).partition(".")[0], context)
    with pytest.raises(Gone, match="already used"):
        begin(link, "", context)


@pytest.mark.parametrize("changed", [0, 5, 31, 32, 33, 40, 64])
def test_a_changed_cookie_is_no_session(context: FakeContext, changed: int) -> None:
    cookie = begun(context)
    other = "f" if cookie[changed] != "f" else "0"
    assert session_of(cookie[:changed] + other + cookie[changed + 1 :], context) is None
    assert session_of(f"{cookie}\n", context) is None
    assert session_of(cookie.upper() if cookie.upper() != cookie else f"{cookie}0", context) is None


def test_a_page_is_shown_when_the_use_cannot_be_written(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = begun(context)
    context.clock.advance(seconds=COARSE.total_seconds())

    def changed(_: Any) -> Any:
        raise Conflict("sessions/x")

    monkeypatch.setattr(context.store, "commit", changed)
    assert session_of(cookie, context)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(2, 4))
def test_a_link_begins_one_session_however_many_requests_bring_it(schedule: list[int], requests: int) -> None:
    context = FakeContext(store=Turnstile())
    link, cookies = token(context), list[str]()

    def press() -> None:
        try:
            cookies.append(begin(link, "", context))
        except Gone:
            return

    store = context.store
    assert isinstance(store, Turnstile)
    store.run([lambda: until_it_commits(press)] * requests, schedule)
    assert len(cookies) == 1
    assert session_of(cookies[0], context)
    assert len(sessions(context)) == 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(1, 3))
def test_no_use_of_a_session_undoes_its_end(schedule: list[int], uses: int) -> None:
    context = FakeContext(store=Turnstile())
    cookie = begun(context)
    context.clock.advance(seconds=COARSE.total_seconds())
    store = context.store
    assert isinstance(store, Turnstile)
    steps = [lambda: until_it_commits(lambda: end(cookie.partition(".")[0], context))]
    store.run([*steps, *[lambda: until_it_commits(lambda: session_of(cookie, context))] * uses], schedule)
    assert session_of(cookie, context) is None
    assert sessions(context) == []


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.1; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on macOS"),
        ("\x1b[2J<script>", "unknown browser"),
        ("", "unknown browser"),
    ],
)
def test_a_browser_is_named_in_known_words(header: str, words: str) -> None:
    assert browser_of(header) == words


def test_the_link_works_for_ten_minutes(context: FakeContext) -> None:
    link = token(context)
    context.clock.advance(minutes=9, seconds=59)
    begin(link, "", context)
    late = token(context)
    context.clock.advance(minutes=10)
    with pytest.raises(Gone, match="expired"):
        begin(late, "", context)
    assert timedelta(minutes=10) < KEEP
    with pytest.raises(NotFound):
        begin("x", "", context)
    with pytest.raises(AlreadyExists):
        context.store.commit([context.store.commits[0][0]])
