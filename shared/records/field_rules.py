"""What a field must be so that both stores can keep it, find a record by it, and list by it."""

import re
from collections.abc import Iterable, Iterator
from datetime import time, timedelta
from decimal import Decimal
from typing import NamedTuple

from pydantic import ValidationError

from shared.records.kind import Field, scalars
from shared.records.marks import External, Reference, Unique
from shared.records.model import Record
from shared.records.shape import NoShape, Shape, accepts, in_words, types

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAMED = "lower-case letters, digits and _, at most 40 and a letter first"
RESERVED = frozenset({"id", "n", "state", "kind", "changed_at", "created_at"})
"""What lists, files and forms call parts of the record itself."""
IDENTIFYING: Shape = ("text", "integer", "text (email)", "text (uri)", "text (uuid)", "text (date)")
ORDERED: Shape = (*IDENTIFYING, "number", "yes or no", "text (date-time)")
DISORDERED = (Decimal, timedelta, time)
"""Types that are stored as text in another order than their own."""
_MOMENT = ("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00.000000Z")
"""A moment, and how it is stored if the order of the texts is that of time."""


class Mistake(NamedTuple):
    expected: str
    actual: str
    hint: str | None = None


def field_faults(field: Field) -> Iterator[Mistake]:
    """What is wrong with *field*, whatever the rest of its kind."""
    yield from _name(field)
    try:
        shape = types(field)
    except NoShape as fault:
        yield Mistake("a type that pydantic can read and store as JSON", str(fault))
        return
    yield from _default(field)
    yield from _key(field, shape)
    yield from _listed(field, shape)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """A hint with the known word that is most similar to *word*."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else None


def _name(field: Field) -> Iterator[Mistake]:
    if not NAME.fullmatch(field.name):
        yield Mistake(f"a field named by {NAMED}", field.name)
    elif field.name in RESERVED or hasattr(Record, field.name):
        yield Mistake(
            "a name that neither the record itself nor pydantic uses", field.name, f"such as its_{field.name}"
        )
    if field.info.alias or field.info.validation_alias or field.info.serialization_alias:
        yield Mistake("one name for a field", "an alias")


def _default(field: Field) -> Iterator[Mistake]:
    value = field.info.default
    if field.info.is_required() or field.info.default_factory or value is None:
        return
    try:
        field.parsed(value)
    except ValidationError as fault:
        yield Mistake(f"a default that fits the type ({fault.errors()[0]['msg'].lower()})", repr(value))


def _key(field: Field, shape: Shape) -> Iterator[Mistake]:
    word = next(
        (word for mark, word in _IDENTIFYING.items() if any(isinstance(own, mark) for own in field.marks)), None
    )
    if word is None:
        return
    if disordered := _disordered(field) or in_words(shape) * (not accepts(IDENTIFYING, shape)):
        yield Mistake(f"{word} to be text or an integer", disordered)
    if field.is_claimed and not field.info.is_required() and field.info.default is not None:
        yield Mistake(f"{word} without a default, or None", repr(field.info.default), "two records would both have it")
    if field.is_key and field.system:
        yield Mistake("either Key or External", "both", "an id in another system is unique already")
    if field.system and field.is_personal:
        hint = "the id of the record is made from it, so it could not be forgotten; mark another field Personal"
        yield Mistake("an External id that is no personal data", "Personal", hint)


_IDENTIFYING: dict[type, str] = {Unique: "a Key", External: "an External id", Reference: "a Reference"}


def _listed(field: Field, shape: Shape) -> Iterator[Mistake]:
    if not field.is_listed or field.refers_to:
        return
    if disordered := _disordered(field) or in_words(shape) * (not accepts(ORDERED, shape)):
        expected = "a Listed field that an index can order: text, a number, a date, a Moment, yes or no"
        yield Mistake(expected, disordered, "leave the mark out, or list by another field")
    elif "text (date-time)" in shape and not _is_in_order(field):
        yield Mistake(
            "a Listed time to be a Moment, which is stored in UTC", "datetime", "from shared.records import Moment"
        )


def _disordered(field: Field) -> str:
    return next((type.__name__ for type in scalars(field.info.annotation) if type in DISORDERED), "")


def _is_in_order(field: Field) -> bool:
    moment, stored = _MOMENT
    try:
        return bool(field.parsed(moment) == stored)
    except ValidationError:  # it allows only other moments
        return True
