"""The words by which a person is recognised in texts, and texts without them."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any
from urllib.parse import quote

FORGOTTEN = "[forgotten]"
"""What stands in the place of a forgotten value."""
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+?[\d ()./-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*", re.DOTALL)
_PHONE_DIGITS = range(7, 16)
"""How many digits a phone number has; at most 15 by ITU-T E.164."""
_SHORT, _TELLING, _NUMBER = 5, 6, 7
"""The characters of a text that is no common word: of an id with a digit, of other texts, of a number."""
_LONG, _PREFIX = 60, 40
"""Lists cut a longer text, so its beginning counts, too."""
_BEFORE = r"(?:(?<!\w)|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4})|(?<=%[0-9a-fA-F]{2}))"
"""A word begins here, also after an escape of JSON or of an address."""
_AFTER, _NO_DOMAIN = r"(?!\w)", r"(?!\w|[.-]\w)"
_PAUSE = r"(?:[\s()./-]|\\[nrt])*"
_PLAIN = re.compile("[a-z0-9]+")
_SPACE = r"(?:\s|\\[nrt]|\+|%20|&nbsp;)+"


@dataclass(frozen=True)
class Identity:
    """What a person is recognised by. `sure` are ids, keys, e-mail addresses and phone numbers, which nobody else has.

    `telling` are other texts that are no common word, such as a full name. `near` are short ones: they count only where
    a text is known to be about the person.
    """

    sure: frozenset[str] = frozenset()
    telling: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()

    def but(self, words: Iterable[str]) -> "Identity":
        """The identity without *words* that somebody else has, too."""
        others = {word.casefold() for word in words}
        sure, telling = (
            frozenset(word for word in mine if word.casefold() not in others) for mine in (self.sure, self.telling)
        )
        return Identity(sure, telling, self.near)

    @property
    def words(self) -> list[str]:
        """What is looked for everywhere."""
        return sorted(self.sure | self.telling)

    def may_be_in(self, text: str) -> bool:
        """False if *text*, plain or as JSON, surely has no word of `words`: it is much faster than to look for them."""
        plain = text.lower()
        return any(part in plain for part in self._parts) or bool(self._loose.search(text))

    def is_named_in(self, text: str) -> bool:
        """Whether *text* has a word that nobody else has."""
        return bool(self._sure.search(text))

    def scrub(self, *, is_near: bool) -> Callable[[str], str]:
        """What takes the words out of a text: the short ones only if the text *is_near*, which is about the person."""
        return self._scrub_near if is_near else self._scrub_anywhere

    def _scrub_anywhere(self, text: str) -> str:
        return self._anywhere.sub(FORGOTTEN, text)

    def _scrub_near(self, text: str) -> str:
        return self._near.sub(FORGOTTEN, self._scrub_anywhere(text))

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        """For each word a part that all its spellings have."""
        return tuple({max(_PLAIN.findall(word.lower()), key=len, default="") for word in self._words})

    @cached_property
    def _loose(self) -> re.Pattern[str]:
        phones = {_PAUSE.join(_digits(word)) for word in self.words if _is_phone(word)}
        return re.compile("|".join(sorted(phones)) or r"(?!)")

    @property
    def _words(self) -> Iterator[str]:
        return (word for word in self.words if not _is_phone(word))

    @cached_property
    def _sure(self) -> re.Pattern[str]:
        return _pattern(self.sure, re.IGNORECASE)

    @cached_property
    def _anywhere(self) -> re.Pattern[str]:
        return _pattern(self.sure | self.telling, re.IGNORECASE)

    @cached_property
    def _near(self) -> re.Pattern[str]:
        return _pattern(self.near)


def identity(claimed: Iterable[Any], personal: Iterable[Any]) -> Identity:
    """The identity of a person with these values: *claimed* are keys and ids, *personal* other data about them."""
    ids, others = set(texts(claimed)), set(texts(personal))
    sure = {text for text in ids | others if _is_address(text)} | {text for text in ids if _is_unique(text)}
    rest = (ids | others) - sure
    telling = {text for text in rest if _is_telling(text)}
    return Identity(frozenset(sure), frozenset(telling), frozenset(filter(_is_word, rest - telling)))


def texts(value: Any) -> Iterator[str]:
    """The texts and numbers in *value*, at any depth, as texts."""
    if isinstance(value, str):
        yield from [value.strip()] if value.strip() not in {"", FORGOTTEN} else []
    elif isinstance(value, Mapping):
        yield from texts(value.values())
    elif isinstance(value, Iterable):
        for part in value:
            yield from texts(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def forgotten(value: Any) -> Any:
    """What stands in the place of *value*; nothing stays nothing."""
    return None if value is None else FORGOTTEN


def _is_address(text: str) -> bool:
    return _is_phone(text) or bool(_EMAIL.fullmatch(text))


def _is_phone(text: str) -> bool:
    """Whether *text* is written as a phone number is: a plain number may be an amount."""
    is_written_so = bool(_PHONE.fullmatch(text)) and not _DATE.fullmatch(text) and text[0] not in "123456789"
    return is_written_so and len(_digits(text)) in _PHONE_DIGITS


def _is_unique(text: str) -> bool:
    """Whether nothing but an id looks like *text*: a short number may be anything."""
    has_digit = any(character.isdigit() for character in text)
    return has_digit and not _DATE.fullmatch(text) and len(text) >= (_NUMBER if text.isdigit() else _SHORT)


def _is_telling(text: str) -> bool:
    return len(text) >= _TELLING and not text.isalpha() and not text.isdigit() and not _DATE.fullmatch(text)


def _is_word(text: str) -> bool:
    return len(text) >= (2 if any(character.isalpha() for character in text) else _SHORT)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _pattern(words: Iterable[str], flags: int = 0) -> re.Pattern[str]:
    """Matches each of *words*, however JSON, an address or a page spells it; nothing if there are none."""
    spelled = {spelling for word in words for spelling in _spellings(word)}
    return re.compile("|".join(sorted(spelled, key=len, reverse=True)) or r"(?!)", flags)


def _spellings(word: str) -> Iterator[str]:
    if _is_phone(word):
        yield rf"(?<!\d)\+?{_PAUSE.join(_digits(word))}(?!\d)"
        return
    after = _NO_DOMAIN if _EMAIL.fullmatch(word) else _AFTER
    before = rf"{_BEFORE}(?<!\w[.+-])" if _EMAIL.fullmatch(word) else _BEFORE
    forms = {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], escape(word)}
    for form in forms | {quote(word), quote(word, safe="")}:
        begin, end = before * _is_of_word(form[0]), after * _is_of_word(form[-1])
        yield f"{begin}{_escaped(form)}{end}"
        if len(form) > _LONG:
            yield f"{begin}{_escaped(form[:_PREFIX])}"


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _escaped(form: str) -> str:
    return _SPACE.join(map(re.escape, re.split(r"(?:\s|%20)+", form.strip())))
