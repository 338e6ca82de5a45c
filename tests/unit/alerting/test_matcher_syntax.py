"""The text of matchers means what it means to Alertmanager since 0.27."""

import pytest

from shared.alerting.matcher_syntax import triple, triples
from shared.alerting.matchers import parse_matcher, parse_matchers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'foo="a\tb"', r"a\tb"), (r'"foo"="a\tb"', "a\tb"), (r'"foo"="\u00e9\x41\101"', "éAA"),
        (r'foo="a\nb"', "a\nb"), (r"foo=a\db", r"a\db"), ("foo=a b", "a b"), ("foo=", ""), ('foo=~"a{3}"', "a{3}"),
        ("foo=~a{3}", "a{3}"), ("foo=\\", "\\"), ("foo=a'b`c", "a'b`c"), (r'"\xc3\xa9"=x', "x"),
    ],
)  # fmt: skip
def test_a_value_of_the_classic_grammar_keeps_its_meaning_and_other_texts_have_the_escapes_of_go(
    text: str, value: str
) -> None:
    assert parse_matcher(text).value == value
    assert [matcher.value for matcher in parse_matchers(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        '"foo"="a" b', "service.name=a b", r'"foo"="\d"', r'"foo"="\xff"', r'"foo"="\ud800"', r'"foo"="\400"', "a=b,,c=d",
        '""="x"', "{a=b", '"a"=b}', "'a'=b", '"a"=', ",a=b",
    ],
)  # fmt: skip
def test_what_alertmanager_refuses_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        list(parse_matchers(text))


def test_quoted_names_stand_beside_bare_ones_with_and_without_braces() -> None:
    expected = [("service.name", "=", "shop"), ("größe", "!=", "1"), ("a", "=~", "b|c")]
    for text in ('"service.name"="shop",größe!=1,a=~"b|c"', '{ "service.name" = "shop" , größe!=1 , a=~"b|c" , }'):
        assert triples(text) == expected


def test_a_lone_brace_is_lost_only_where_alertmanager_reads_it() -> None:
    assert triples("a=~b{3}", lone_brace=True) == [("a", "=~", "b{3")]
    assert triples("a=~b{3}") == [triple("a=~b{3}")] == [("a", "=~", "b{3}")]
