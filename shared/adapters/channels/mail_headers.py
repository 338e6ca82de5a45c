"""The headers of a mail. The library of Python reads a subject again, and on some versions writes out the line breaks
of encoded words in it (CVE-2024-6923), so opos encodes a subject itself and the library stores and writes it unread.

Source: RFC 2047 (encoded words; at most 75 characters each, 76 in a line).
"""

from base64 import b64encode
from collections.abc import Iterator
from email.policy import EmailPolicy
from typing import Any

from shared.values.text import readable

_LONGEST = 990
"""Characters in a line. A shorter limit would fold a long address into encoded words, which no mail program reads."""
_WORD = 39
"""Bytes in an encoded word: with `Subject: ` or a space before it, the line is short enough."""


class _Verbatim(EmailPolicy):
    """The usual rules for all headers, except that a subject is encoded text that the library does not read."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, subject(value)) if name == "Subject" else super().header_store_parse(name, value)


MAIL = _Verbatim(max_line_length=_LONGEST, refold_source="none")


def subject(title: str) -> str:
    """*title* as a header that shows exactly it, also if it looks like an encoded word."""
    line = " ".join(readable(title).split())
    if line.isascii() and "=?" not in line and len(line) < _LONGEST - len("Subject: "):
        return line
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word.encode()).decode()}?=" for word in _words(line))


def _words(line: str) -> Iterator[str]:
    """*line* in parts of at most _WORD bytes, cut between characters."""
    word = ""
    for character in line:
        if len(f"{word}{character}".encode()) > _WORD:
            yield word
            word = ""
        word += character
    yield word
