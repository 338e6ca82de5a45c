"""The words of a text as a search compares them: without case, accents and punctuation.

Chinese, Japanese, Thai, Lao, Khmer and Burmese do not put spaces between words, so each pair of neighbouring characters
counts as a word there. Source: Unicode Standard Annex 29, "Unicode Text Segmentation", 4.1, on these scripts.
"""

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 40
"""A longer word is cut, in a text and in a search alike."""
SHORTEST = 2
_SMALL = frozenset(("an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "was", "with"))
"""Words of so many texts that they find nothing."""
_RUN = re.compile(r"\w+")
_PIECE = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\w+")
"""A UUID, which is one word, or a run of letters, digits and underscores."""
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


def words(text: str) -> Iterator[str]:
    """The words of *text* in their order, as they are compared; the same word may come more than once."""
    for piece in (_PIECE if "-" in text else _RUN).findall(folded(text)):
        if piece.isascii():
            word = piece.replace("-", "")[:LONGEST]
            if len(word) >= SHORTEST and word not in _SMALL:
                yield word
        else:
            yield from _split(piece)


def folded(text: str) -> str:
    """*text* without case and without the accents on its letters."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).casefold()


def _split(piece: str) -> Iterator[str]:
    for number, part in enumerate(_UNSPACED.split(piece)):
        if number % 2:
            yield from (part[start : start + 2] for start in range(max(1, len(part) - 1)))
        elif len(part) >= SHORTEST:
            yield part[:LONGEST]
