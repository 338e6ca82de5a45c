"""Finds the parts of a text that a page must not show unasked: e-mail and IP addresses, tokens, card numbers.

`opos event --redact` hides every value, for a text that leaves the company. This is for the operator's own eyes: it
hides only what looks like a secret or like personal data, so that the rest says what happened. It can miss some.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_PATTERN = re.compile(
    r"""
      (?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)
    | (?P<secret>\b(?:sk|rk|pk|whsec|ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[a-z]|shpat|shpss|lin_api)[_-][\w-]{8,}
        | \beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)
    | (?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)
    | (?P<name>\b(?!(?:test|live|key|token|secret)_)[a-z]{2,12}_[A-Za-z0-9]{8,64}\b)
    | (?P<ip>\b(?:\d{1,3}\.){3}\d{1,3}\b | (?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}(?![\w:])
        | (?<![\w:])(?:[0-9a-fA-F]{1,4}:){1,6}:(?:[0-9a-fA-F]{1,4}:?){1,6}(?![\w:]))
    | (?P<card>(?<![\w.-])\d(?:[ -]?\d){13,18}(?![\w.-]))
    | (?P<token>(?<![\w+=-])[\w+=-]{24,})
    """,
    re.VERBOSE,
)
_WORDS = {"email": "e-mail address", "ip": "IP address", "card": "card number", "secret": "token", "token": "token"}
_SECRET_KEY = re.compile(
    r"pass(word|phrase)?|pwd|secret|.*[_-](secret|token|password)|(access|auth|api|private|client|refresh)[_-]?(key|token)"
    r"|token|apikey|authorization|cookie|set-cookie|session|signature|credentials?",
    re.IGNORECASE,
)
_PERSONAL_KEY = re.compile(
    r"(address[_-]?)?line[_-]?[12]|street([_-]?address)?|postal[_-]?code|zip([_-]?code)?", re.IGNORECASE
)
_PHONE_KEY = re.compile(r"(.*[_-])?(phone|mobile|fax)([_-]?number)?|tel", re.IGNORECASE)
_IBAN_KEY = re.compile(r"iban|account[_-]?number|card[_-]?number|cvc|cvv|ssn|tax[_-]?id", re.IGNORECASE)
_KEYS = (
    (_SECRET_KEY, "token"), (_PERSONAL_KEY, "postal address"), (_PHONE_KEY, "phone number"),
    (_IBAN_KEY, "account number"),
)  # fmt: skip
_HASHES = {40}
"""Lengths of hexadecimal texts that are names of commits, and no secrets."""


class Part(NamedTuple):
    """A part of a text. `masked` says what it looks like, if it must not be shown unasked."""

    text: str
    masked: str = ""


def parts(text: str, key: str = "") -> Iterator[Part]:
    """The parts of *text*, the value of *key*, in order; together they are *text*."""
    if text and (kind := _kind_of(key)):
        yield Part(text, kind)
        return
    reached = 0
    for match in _PATTERN.finditer(text):
        if kind := _kind(match):
            if match.start() > reached:
                yield Part(text[reached : match.start()])
            yield Part(match[0], kind)
            reached = match.end()
    if reached < len(text) or not text:
        yield Part(text[reached:])


def _kind_of(key: str) -> str:
    return next((kind for pattern, kind in _KEYS if pattern.fullmatch(key[:100])), "")


def _kind(match: re.Match[str]) -> str:
    """What the match looks like; empty if it is only the name of something, such as `evt_1QzK...`."""
    name, text = str(match.lastgroup), match[0]
    if (name == "token" and not _is_random(text)) or (name == "card" and not _is_card(text)):
        return ""
    return _WORDS.get(name, "")


def _is_random(text: str) -> bool:
    """Whether *text* is no word: it mixes capitals, small letters and digits, or is a long hexadecimal number."""
    if re.fullmatch(r"[0-9a-fA-F]{32,}", text):
        return len(text) not in _HASHES
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(map(kind, text)) for kind in kinds)


def _is_card(text: str) -> bool:
    """Whether the digits of *text* have the check digit of a card number. Source: ISO/IEC 7812-1, annex B (Luhn)."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
