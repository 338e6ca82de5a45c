"""What of a text fits into a limit, in every script and in every unit."""

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.values.excerpt import MORE, SIZES, Unit, excerpt
from shared.values.markup import MARKDOWN, SLACK
from shared.values.visible_characters import boundary

VISIBLE = [
    "a", "Ж", "é", "e\u0301\u0323", "ß", "日", "本", "한", "\u1112\u1161\u11ab", "க்", "क्षि", "ก็", "น้ำ"[:1] + "\u0e33", "א\u05b8",
    "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "1️⃣", "😀", '"', "\\", "&", "<", "_", "*",
]  # fmt: skip
"""Characters as a reader sees them, each of one or more code points."""
words = st.lists(st.sampled_from([*VISIBLE, " "]), max_size=40)
lines = st.lists(words.map("".join), min_size=1, max_size=6).map("\n".join)
units = st.sampled_from(get_args(Unit))


@given(lines | st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=80), st.integers(-1, 90), units)
def test_no_excerpt_is_longer_than_its_room(text: str, room: int, unit: Unit) -> None:
    size = SIZES[unit]
    part = excerpt(text, room, size)
    assert size(part) <= max(room, 0)
    assert (part == text) == (size(text) <= room or not text)


@given(lines, st.integers(0, 300), st.sampled_from([MARKDOWN.escape, SLACK.escape]))
def test_neither_is_one_that_is_escaped_afterwards(text: str, room: int, escape: object) -> None:
    assert callable(escape)
    assert SIZES["bytes"](escape(excerpt(text, room, lambda part: SIZES["bytes"](escape(part))))) <= room


def edges(characters: Sequence[str]) -> set[int]:
    return {0, *accumulate(map(len, characters))}


@given(st.lists(st.sampled_from(VISIBLE), max_size=30), st.data())
def test_a_cut_is_never_within_what_a_reader_sees_as_one_character(characters: list[str], data: st.DataObject) -> None:
    text = "".join(characters)
    end = data.draw(st.integers(0, len(text)))
    assert boundary(text, end) in edges(characters)
    assert boundary(text, end) <= end


def test_marks_without_end_are_cut_anywhere() -> None:
    assert boundary("a" + "\u0301" * 1000, 500) == 500
    assert SIZES["bytes"](excerpt("a" + "\u0301" * 9000, 4000, SIZES["bytes"])) <= 4000


@given(st.lists(st.text("abc Ж日", min_size=1, max_size=30), min_size=2, max_size=8), st.integers(1, 200), units)
def test_lines_are_whole_unless_one_of_them_takes_the_room(parts: list[str], room: int, unit: Unit) -> None:
    size, text = SIZES[unit], "\n".join(parts)
    part = excerpt(text, room, size)
    kept = part.split("\n") if part else []
    shortened = [number for number, line in enumerate(kept) if line.endswith(MORE)]
    assert len(shortened) <= 1
    at = shortened[0] if shortened else len(kept)
    assert kept[:at] == parts[:at]
    assert kept[at + 1 :] in ([], parts[at + 1 :])


def test_one_long_line_is_shortened_at_a_word_and_the_others_stay() -> None:
    text = f"{'word ' * 500}\nRunbook: https://run.example/disk"
    first, last = excerpt(text, 1024, SIZES["utf-16"]).split("\n")
    assert (first[-5:], last) == ("word…", "Runbook: https://run.example/disk")


def test_of_many_lines_the_first_stay_whole() -> None:
    text = "\n".join(f"! Disk {n} on host {n} is full" for n in range(100))
    kept = excerpt(text, 200, SIZES["utf-16"]).split("\n")
    assert kept == [*text.split("\n")[: len(kept) - 1], MORE]
    assert len(kept) > 5


@pytest.mark.parametrize("text", ["", "Диск", "日本語", "😀\n", 'a"\\\t', "e\u0301"])
def test_each_unit_counts_as_its_standard_does(text: str) -> None:
    assert {unit: size(text) for unit, size in SIZES.items()} == {
        "characters": len(text), "utf-16": len(text.encode("utf-16-le")) // 2, "bytes": len(text.encode()),
        "json": len(json.dumps(text, ensure_ascii=False).encode()) - 2, "ascii-json": len(json.dumps(text)) - 2,
        "html": len(text.replace("\n", "<br>").encode("utf-16-le")) // 2,
    }  # fmt: skip
