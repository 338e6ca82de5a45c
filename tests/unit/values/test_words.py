"""The words of a text: a search compares them as a person would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.values.words import LONGEST, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Disk full on /dev/sda1!", ["disk", "full", "dev", "sda1"]),
        ("ZÜRICH, Straße, élève", ["zurich", "strasse", "eleve"]),
        ("payment_intent.succeeded", ["payment_intent", "succeeded"]),
        ("550e8400-E29B-41d4-a716-446655440000", ["550e8400e29b41d4a716446655440000"]),
        ("ENG-123 a b", ["eng", "123"]),
        ("支付失败 now", ["支付", "付失", "失败", "now"]),
        ("日", ["日"]),
        ("결제 실패", ["결제", "실패"]),
        ("x" * 50, ["x" * LONGEST]),
        ("", []),
    ],
)
def test_words_have_no_case_no_accents_and_no_punctuation(text: str, expected: list[str]) -> None:
    assert list(words(text)) == expected


@given(st.text(max_size=40))
def test_words_are_their_own_words_and_case_changes_nothing(text: str) -> None:
    named = list(words(text))
    assert all(word and "@" not in word and " " not in word for word in named)
    assert list(words(text.upper().lower())) == list(words(text.lower().upper().lower()))
