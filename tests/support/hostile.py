"""Text as nobody should send it, and what scripts and emoji need."""

# ruff: noqa: RUF001  (letters of other scripts are what this is about)

import unicodedata

HOSTILE = (
    "disk\x1b]0;owned\x07\x1b[2J\x9b31m\r\nFORGED a\x08\x7f \u202eevil\u2066\u2069 \x85FORGED b\u2028FORGED c "
    "@everyone <!channel> =?utf-8?q?x=0d=0aBcc:_all@example.com?= \ud800\x00 <b>[x](https://evil.example)</b> `c` *d* full"
)
LEGITIMATE = [
    "سیستم نمی\u200cتواند متصل شود",  # Persian: U+200C within a word
    "क्\u200dष का डिस्क भर गया",  # Devanagari: U+200D in a conjunct
    "ශ්\u200dරී ලංකාව",  # Sinhala: U+200D in a conjunct
    "👨\u200d👩\u200d👧\u200d👦 and 🏳\ufe0f\u200d🌈 and 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "הדיסק מלא (97%)\u200f",  # Hebrew: ends with U+200F
    "القرص ممتلئ\u200e db-1",  # Arabic: U+200E
    "Gerät läuft · 温度が高い · ไฟล์",
]
_REORDERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def controls(text: str, *, except_for: str = "") -> list[str]:
    """The characters of *text* that control a terminal or a parser, or reorder the text around them."""
    return [character for character in text if character not in except_for and _controls(character)]


def _controls(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or ord(character) in _REORDERING
