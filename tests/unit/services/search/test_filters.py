"""A query is words and filters; a filter with a value that it cannot have says which it can."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.services.search import BadQuery, Filters, parse
from tests.support.fakes import CONFIG, Config, FakeContext

CONTEXT = FakeContext()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Disk  full", Filters(words=("disk", "full"))),
        ("source:github State:firing checkout", Filters(words=("checkout",), source="github", state="firing")),
        ('label:team="on call" severity:Critical', Filters(labels=(("team", "on call"),), severity="critical")),
        ("label:a=1 label:b=2 outcome:held", Filters(labels=(("a", "1"), ("b", "2")), outcome="held")),
        ("https://x.example/7 color:red source:", Filters(words=("https", "example", "color", "red", "source"))),
        ("type:invoice.*", Filters(type="invoice.*")),
    ],
)
def test_what_is_no_filter_is_words(text: str, expected: Filters) -> None:
    assert parse(text, CONTEXT) == expected


def test_a_day_is_the_operators() -> None:
    context = FakeContext(config=Config.model_validate({**CONFIG, "timezone": "Europe/Berlin"}))
    filters = parse("day:today", context)
    assert (filters.since, filters.until) == ("2026-11-19T23:00:00.000000Z", "2026-11-20T23:00:00.000000Z")
    assert parse("day:2026-11-19", context) == parse("day:yesterday", context)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("state:burning", "state: expected firing, acknowledged, snoozed or resolved, found 'burning'"),
        ("severity:high", "severity: expected critical, warning or info, found 'high'"),
        ("day:soon", "day: expected today, yesterday or a day such as 2026-11-28, found 'soon'"),
        ("day:9999-12-31", "day: expected today, yesterday or a day such as 2026-11-28, found '9999-12-31'"),
        ("label:service", "label: expected a name and a value such as service=checkout, found 'service'"),
    ],
)
def test_a_bad_value_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(BadQuery) as fault:
        parse(text, CONTEXT)
    assert fault.value.message == message


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_says_what_is_wrong(text: str) -> None:
    with suppress(BadQuery):
        assert all(parse(text, CONTEXT).event_needles)
