"""Retry-After: seconds or a date, by the server's clock; anything else says nothing."""

from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.channels.retry_after import retry_after

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def asked(said: str, *, date: str = "") -> int:
    headers: Message[str, str] = Message()
    headers["Retry-After"] = said
    if date:
        headers["Date"] = date
    return retry_after(headers, NOW)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0), ("120", 120), (" 7 ", 7), ("0000000007", 7), ("9" * 5000, 86_400),
        ("Fri, 20 Nov 2026 09:02:00 GMT", 120), ("Friday, 20-Nov-26 09:02:00 GMT", 120), ("Fri Nov 20 09:02:00 2026", 120),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("", 0), ("-5", 0), ("1.5", 0), ("soon", 0), ("٣", 0), ("1e3", 0), ("Fri, 31 Dec 9999 23:59:59 -2400", 0),
    ],
)  # fmt: skip
def test_what_is_valid_counts_and_the_rest_does_not(said: str, seconds: int) -> None:
    assert asked(said) == seconds


def test_a_receiver_that_says_nothing_asks_for_nothing() -> None:
    assert retry_after(Message(), NOW) == 0


@given(st.timedeltas(timedelta(days=-999), timedelta(days=999)), st.integers(0, 86_400))
def test_a_date_counts_by_the_clock_of_the_server(skew: timedelta, seconds: int) -> None:
    there = (NOW + skew).replace(microsecond=0)
    until = there + timedelta(seconds=seconds)
    assert asked(format_datetime(until, usegmt=True), date=format_datetime(there, usegmt=True)) == seconds


@given(st.text(st.sampled_from("Fri, 20 Nov 2026 09:02:00 GMT+-.\x00é")))
def test_no_text_is_an_error(said: str) -> None:
    assert 0 <= asked(said) <= 86_400
