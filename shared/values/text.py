"""Text from outside, made safe to show. Pages, digests, mails, HTML and the terminal follow these rules.

A character that controls a terminal or a parser becomes a space, and one that reorders the text around it is dropped.
All others stay: scripts and emoji need, for example, the joiners U+200C and U+200D, and Hebrew and Arabic the marks
U+200E, U+200F and U+061C, which affect no text around them. Sources: ECMA-48 (control characters); Unicode Standard
Annex 9, "Unicode Bidirectional Algorithm", 2.1 to 2.5 (embeddings, overrides and isolates).
"""

from typing import Any

LONGEST = 200
UNTITLED = "(without a title)"
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_REORDERING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HALVES = range(0xD800, 0xE000)
_SAFE = {**dict.fromkeys(_CONTROLS, " "), **dict.fromkeys(_REORDERING), **dict.fromkeys(_HALVES, "?")}
_UNSEEN = " \u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def readable(text: str) -> str:
    """*text* on one line, without what controls a reader's program. The result has no line break and no tab."""
    return text.translate(_SAFE)


def readable_lines(text: str) -> str:
    """*text* with its line breaks but those at its end, and each line `readable`."""
    return "\n".join(map(readable, text.splitlines())).rstrip("\n")


def one_line(text: Any, longest: int = LONGEST) -> str:
    """*text* on one line, with single spaces, cut with an ellipsis after *longest* characters.

    The result is empty if no character of it can be seen.
    """
    # Cut first, so that a huge text costs nothing; the factor leaves room for the characters that are dropped.
    words = " ".join(readable(str(text)[: 20 * longest]).split())
    if not words.strip(_UNSEEN):
        return ""
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def headline(title: Any) -> str:
    """*title* on one line, or UNTITLED if there is nothing to read in it."""
    return one_line(title) or UNTITLED


def counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def well_formed(text: str) -> str:
    """*text* with `?` for each half of a surrogate pair, which JSON can escape and UTF-8 cannot encode."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can encode *text*: JSON can escape half of a surrogate pair, UTF-8 cannot."""
    return well_formed(text) == text
