"""Values of fields as a person writes them: in a form, on the command line, in a column of a file."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from shared.events import Money
from shared.records.kind import Field
from shared.records.marks import Mark
from shared.values.money import exponent, format_money

_MONEY = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,3})?) ?([A-Za-z]{3})")
Control = Literal["choice", "yes or no", "number", "date", "time", "money", "list", "object", "text"]


@lru_cache(maxsize=1024)
def control(field: Field) -> Control:
    """What a person needs to write a value of *field*."""
    types = _types(field.info.annotation)
    if choices(field):
        return "choice"
    if Money in types:
        return "money"
    if any(get_origin(type) in {list, tuple, set, frozenset} for type in types):
        return "list"
    names = {getattr(type, "__name__", "") for type in types}
    plain: Mapping[str, Control] = {
        "bool": "yes or no", "int": "number", "float": "number", "Decimal": "number", "date": "date",
        "datetime": "time", "AwareDatetime": "time",
    }  # fmt: skip
    known: set[Control] = {plain[name] for name in names if name in plain}
    if len(known) == 1 and "str" not in names:
        return known.pop()
    is_object = any(get_origin(type) is dict or hasattr(type, "model_fields") for type in types)
    return "object" if is_object else "text"


@lru_cache(maxsize=1024)
def choices(field: Field) -> tuple[Any, ...]:
    """The values of a field that allows only these."""
    types = _types(field.info.annotation)
    literals = [get_args(type) for type in types if get_origin(type) is Literal]
    return literals[0] if len(literals) == 1 == len(types) else ()


def read(field: Field, text: str) -> Any:
    """The value that *text* means, for `Kind.parsed`; None if it is empty. What it cannot mean stays text."""
    text = text.strip()
    if not text:
        return None
    kind = control(field)
    if kind == "money" and (match := _MONEY.fullmatch(text)):
        return _money(Decimal(match[1]), match[2].lower())
    if kind == "list" and not text.startswith("["):
        return [part.strip() for part in text.split(",")]
    if kind in {"money", "list", "object"}:
        return _json(text)
    named = {str(choice): choice for choice in choices(field)}
    return named.get(text, text)


def written(field: Field, value: Any) -> str:
    """*value* as `read` takes it; empty if there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if control(field) == "money" and isinstance(value, Mapping):
        return format_money(value).replace(",", "")
    if isinstance(value, list) and all(isinstance(part, str) and part and not set(part) & set(",[") for part in value):
        return ", ".join(value) or "[]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shown(value: Any) -> str:
    """*value* for reading, whatever its field."""
    if isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
        return format_money(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    minor = amount.scaleb(exponent(currency))
    return {"amount": int(minor) if minor == int(minor) else str(minor), "currency": currency}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _types(annotation: Any) -> list[Any]:
    """The alternatives of *annotation*, without None and marks."""
    if hasattr(annotation, "__metadata__"):
        return _types(annotation.__origin__)
    name = getattr(get_origin(annotation), "__name__", str(get_origin(annotation)))
    if name in {"Union", "UnionType", "typing.Union"}:
        return [type for part in get_args(annotation) for type in _types(part)]
    return [] if annotation is NoneType or isinstance(annotation, Mark) else [annotation]


def label(name: str) -> str:
    """The name of a field, or of a kind, as a page says it."""
    return name.replace("_", " ").capitalize()


def is_prose(field: Field) -> bool:
    """Whether *field* is free text, of which a person may write several lines."""
    return _types(field.info.annotation) == [str] and not field.marks
