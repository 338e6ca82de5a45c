"""Where one visible character ends: a letter with its marks, an emoji of several parts, a flag, a Hangul syllable.

Source: Unicode Standard Annex 29, "Unicode Text Segmentation", section 3.1.1. All that it joins stays joined here, and
a few characters more: instead of a table of the letters that the rule for Indic scripts names, this takes any letter.
"""

import re
from unicodedata import category, combining

_FARTHEST = 64
"""The most characters that count as one visible character. A longer run of marks is cut anywhere."""
_VIRAMA = 9
"""The combining class of the marks that join two consonants of an Indic script."""
_FLAG = "[\U0001f1e6-\U0001f1ff]"
_FLAGS = re.compile(f"{_FLAG}+$")
_EXTENDING = re.compile(
    "[\u0e33\u0eb3\u1160-\u11ff\ud7b0-\ud7fb\u200c\u200d\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
_LEADING, _HANGUL = re.compile("[\u1100-\u115f\ua960-\ua97c]"), re.compile("[\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3]")
_PREPENDED = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd\U000111c2\U000111c3"
    "\U0001193f\U00011941\U00011a84-\U00011a89\U00011d46]"
)


def boundary(text: str, end: int) -> int:
    """The last place at or before *end* that is not within a visible character of *text*."""
    for place in range(end, max(0, end - _FARTHEST), -1):
        if place >= len(text) or not _is_within(text, place):
            return place
    return end if end > _FARTHEST else 0


def _is_within(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if re.match(_FLAG, after) and (flags := _FLAGS.search(text, 0, place)):
        return len(flags[0]) % 2 == 1
    return (
        category(after)[0] == "M" or bool(_EXTENDING.match(after))
        or before == "\u200d" or bool(_PREPENDED.match(before))
        or (_joins(text, place) and category(after)[0] == "L")
        or bool(_LEADING.match(before) and _HANGUL.match(after))
    )  # fmt: skip


def _joins(text: str, place: int) -> bool:
    """Whether the marks right before *place* join the letter before them to the letter after them."""
    marks = text[max(0, place - _FARTHEST) : place]
    letters = marks.rstrip("".join({mark for mark in marks if category(mark)[0] == "M" or mark == "\u200d"}))
    return any(combining(mark) == _VIRAMA for mark in marks[len(letters) :])
