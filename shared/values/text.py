"""Text from a sender, made safe to show."""

from typing import Any

LONGEST = 200


def one_line(text: Any, longest: int = LONGEST) -> str:
    """*text* on one line, cut with an ellipsis after *longest* characters.

    Characters that are not printable become spaces: they could forge a line, a header or a reading direction.
    """
    # Cut first, so that a huge text costs nothing; the factor leaves room for the characters that are dropped.
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 20 * longest]).split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can encode *text*: JSON can escape half of a surrogate pair, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode() == text
