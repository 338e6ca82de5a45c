"""FIELD=VALUE, as a person writes it on the command line."""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from opos.records.lookup import find_record
from shared.errors import OposError
from shared.records.kind import Field, InvalidValues, Kind
from shared.records.text import Control, choices, control, read
from shared.services.records.context import RecordsContext
from shared.values.text import well_formed

_EXPECTED: Mapping[Control, str] = {
    "money": "an amount with its currency, such as 9.00 EUR", "number": "a number", "yes or no": "yes or no",
    "date": "a day, such as 2026-11-28", "time": "a time, such as 2026-11-28T10:00:00Z",
    "list": "values with commas between them", "object": "an object in JSON",
}  # fmt: skip
assignments = click.argument("assignments", metavar="FIELD=VALUE...", nargs=-1, required=True)


def texts(words: Iterable[str]) -> dict[str, str]:
    """The text after `=` in each of *words*, by the field before it. Raises a usage error."""
    values: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise click.UsageError(f"expected FIELD=VALUE, such as plan=pro, found {word!r}")
        if name in values:
            raise click.UsageError(f"expected each field once, found {name} twice")
        values[name] = well_formed(text)
    return values


def values_of(kind: Kind, texts: Mapping[str, str], context: RecordsContext, *, is_new: bool = False) -> dict[str, Any]:
    """The values that *texts* mean; None unsets. What refers to a record may name it by a key.

    Raises InvalidValues with every fault; with *is_new* also for required fields that lack.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, text in texts.items():
        try:
            field = kind.fields.get(name)
            values |= kind.parsed({name: meant(field, text, context) if field else text})
        except InvalidValues as fault:
            faults[name] = _expected(kind.fields.get(name), text) or fault.faults[name]
        except OposError as fault:
            faults[name] = fault.message
    missing = [name for name in kind.missing(values) if name not in faults] if is_new else []
    if faults or missing:
        raise InvalidValues(kind.name, {**faults, **dict.fromkeys(missing, "expected a value, found none")})
    return values


def meant(field: Field, text: str, context: RecordsContext) -> Any:
    """The value that *text* means, for `Kind.parsed`, with the ids of the records that it names. Raises NotFound."""
    value = read(field, text)
    kind = context.kinds.get(field.refers_to)
    if kind is None or value is None:
        return value
    if isinstance(value, list):
        return [find_record(kind, str(wanted), context).id for wanted in value]
    return find_record(kind, str(value), context).id


def _expected(field: Field | None, text: str) -> str:
    """What is wrong with *text*, in the words of the control that a person would use; empty for plain text."""
    if field is None:
        return ""
    words = " or ".join(map(str, choices(field))) or _EXPECTED.get(control(field), "")
    return f"expected {words}, found {text!r}" if words else ""
