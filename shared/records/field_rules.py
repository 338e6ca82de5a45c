"""What a field must be so that both stores can keep it, find a record by it, and list by it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from pydantic import ValidationError

from shared.records.kind import Field, scalars
from shared.records.marks import External, Unique
from shared.records.model import Record
from shared.records.shape import NoShape, Shape, Type, accepts, in_words, types

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAMED = "lower-case letters, digits and _, at most 40 and a letter first"
RESERVED = frozenset({"id", "n", "state", "changed_at", "created_at"})
"""What lists, files and forms call parts of the record itself."""
IDENTIFYING: Shape = ("text", "integer")
ORDERED: Shape = ("text", "number", "yes or no")
_DURATION = "text (duration)"
"""A text whose order is another than that of what it says."""
_MONEY = {"amount", "currency"}


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
    yield from _reference(field, shape)
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
    except Exception as fault:  # noqa: BLE001  (a validator of the operator's own)
        yield Mistake(f"a default that fits the type ({type(fault).__name__}: {fault})", repr(value))


def _key(field: Field, shape: Shape) -> Iterator[Mistake]:
    word = next((_IDENTIFYING[type(mark)] for mark in field.marks if type(mark) in _IDENTIFYING), None)
    if word is None:
        return
    if not accepts(IDENTIFYING, shape) or Decimal in scalars(field.info.annotation):
        yield Mistake(f"{word} to be text or an integer", in_words(shape))
    if not field.info.is_required() and field.info.default is not None:
        yield Mistake(f"{word} without a default, or None", repr(field.info.default), "two records would both have it")
    if field.is_key and field.system:
        yield Mistake("either Key or External", "both", "an id in another system is unique already")
    if field.system and field.is_personal:
        hint = "the id of the record is made from it, so it could not be forgotten; mark another field Personal"
        yield Mistake("an External id that is no personal data", "Personal", hint)


_IDENTIFYING: Mapping[type, str] = {Unique: "a Key", External: "an External id"}


def _reference(field: Field, shape: Shape) -> Iterator[Mistake]:
    if field.refers_to and not accepts(("text",), _elements(shape)):
        yield Mistake("a Reference to be text, or a list of text", in_words(shape))


def _listed(field: Field, shape: Shape) -> Iterator[Mistake]:
    """Lists order by a value as a whole, and filter a list by its elements."""
    if field.is_listed and not all(map(_is_ordered, _elements(shape))):
        expected = "a Listed field that an index can order: text, a number, a date, money, yes or no, or a list of them"
        yield Mistake(expected, in_words(shape), "leave the mark out, or list by another field")


def _elements(shape: Shape) -> list[Type]:
    """The types of *shape*, with those of the members in place of a list."""
    parts = (type["list"] if isinstance(type, dict) and "list" in type else [type] for type in shape)
    return [type for part in parts for type in part]


def _is_ordered(type: Type) -> bool:
    is_money = isinstance(type, dict) and type.get("object", {}).keys() == _MONEY
    return is_money or (accepts(ORDERED, [type]) and type != _DURATION)
