"""What text from outside becomes before anybody reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.values.text import headline, one_line, readable, readable_lines, well_formed
from tests.support.hostile import HOSTILE, LEGITIMATE, controls

any_text = st.text(st.characters(codec=None) | st.sampled_from("\x1b\x9b\u202e\u2066\u200c\u200d\ud800\n\r\x85"))


@given(any_text)
def test_a_readable_text_is_one_line_that_controls_nothing(text: str) -> None:
    assert controls(readable(text)) == []
    assert len(readable(text).splitlines()) <= 1
    assert readable(readable(text)) == readable(text)


@given(any_text)
def test_readable_lines_keep_their_breaks_and_nothing_else(text: str) -> None:
    shown = readable_lines(text)
    assert controls(shown, except_for="\n") == []
    assert readable_lines(shown) == shown
    assert shown == "\n".join(map(readable, text.splitlines())).rstrip("\n")


@given(any_text)
def test_one_line_is_short_has_single_spaces_and_is_the_same_again(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 200
    assert line == " ".join(line.split())
    assert one_line(line) == line


@pytest.mark.parametrize("text", LEGITIMATE)
def test_what_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert one_line(text) == readable(text) == readable_lines(text) == text


def test_a_hostile_title_is_read_without_what_it_wanted() -> None:
    line = one_line(HOSTILE)
    assert line.startswith("disk ]0;owned [2J 31m FORGED a evil FORGED b FORGED c @everyone")
    assert controls(line) == []


@pytest.mark.parametrize("text", ["", "\x1b", "\u200d\u200b", "\u202e", "\n\t"])
def test_a_title_that_cannot_be_seen_is_replaced(text: str) -> None:
    assert headline(text) == "(without a title)"


@given(any_text)
def test_a_well_formed_text_can_be_stored_and_differs_in_halves_of_pairs_only(text: str) -> None:
    whole = well_formed(text)
    whole.encode()
    assert [a for a, b in zip(text, whole, strict=True) if a != b] == [c for c in text if "\ud800" <= c <= "\udfff"]
