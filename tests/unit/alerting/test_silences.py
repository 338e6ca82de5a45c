"""Which matchers may silence alerts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.matchers import Matcher, compiled, equal, parse_matcher
from shared.alerting.silences import silencing

BROAD = ['team=""', 'x=~".*"', 'x!="y"', 'x!~"y"', 'x=~"a|"', '"service.name"!="web"']
NARROW = ["team=a", 'x=~".+"', 'x!=""', 'x!~".*b?"', '"service.name"="web"']
TEXTS = st.text("aé.:/ \t\n\"\\'`{}=~!,😀", max_size=6)


@pytest.mark.parametrize("texts", [[], *([text] for text in BROAD), BROAD])
def test_a_silence_whose_every_matcher_matches_an_empty_value_is_refused_with_what_to_add(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="expected a matcher that an empty value does not match") as refusal:
        silencing(texts)
    assert 'Add a matcher such as alertname="DiskFull"' in str(refusal.value)


@pytest.mark.parametrize("narrow", NARROW)
def test_one_matcher_that_needs_a_value_is_enough(narrow: str) -> None:
    assert len(silencing([*BROAD, narrow])) == len(BROAD) + 1


@given(st.lists(st.builds(Matcher, st.sampled_from("abc"), st.sampled_from(["=", "!="]), st.sampled_from(["", "x"]))))
def test_no_silence_holds_an_alert_without_labels(matchers: list[Matcher]) -> None:
    try:
        accepted = silencing([str(matcher) for matcher in matchers])
    except ValueError:
        return
    assert not compiled(accepted)({})


@given(st.dictionaries(TEXTS, TEXTS, max_size=4))
def test_the_matchers_of_any_labels_match_these_labels(labels: dict[str, str]) -> None:
    assert all(parse_matcher(text).matches(labels) for text in equal(labels))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("service.name=web", "service.name"), ("größe = 3", "größe"), ('"k8s/pod" =~ "a.+"', "k8s/pod"),
        (r'"a\"b\\c\nd"="x"', 'a"b\\c\nd'), ('"{}!=~,"="x"', "{}!=~,"),
    ],
)  # fmt: skip
def test_a_name_may_be_quoted_and_may_hold_any_character(text: str, name: str) -> None:
    assert parse_matcher(text).name == name


@pytest.mark.parametrize("text", ['""="x"', 'a b="x"', '"a="x"', "a{b=x", "=x", "a`b=x", r"a\b=x"])
def test_a_name_that_needs_quotes_and_has_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        parse_matcher(text)
