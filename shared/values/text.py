"""What a sender wrote, as words that can do no harm."""

from typing import Any

LONGEST = 200


def one_line(text: Any, longest: int = LONGEST) -> str:
    """*text* on one line, without characters that are not printed: these could forge a line, a header, or an order of
    reading. What is longer is cut with an ellipsis.
    """
    # Cutting first spares looking at what is thrown away; a character is dropped at most for each one that is kept.
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 20 * longest]).split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can encode *text*: JSON can escape half of a surrogate pair, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode() == text
