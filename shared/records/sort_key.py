"""Values as texts whose order is that of the values: what both stores index, so that both order and compare alike."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from shared.records.text import Control
from shared.values.text import well_formed
from shared.values.timestamps import iso

VERSION = 1
"""Raised with each change of what a key is: the keys that are stored are then made again."""
NOTHING = ""
"""The key of a value that is unset, and of an empty text. It comes before all others."""
LONGEST = 200
"""Characters of a text that its order goes by. Firestore indexes 1,500 bytes (documentation, "Quotas and limits")."""
_EXPONENTS = 50_000
_COMPLEMENT = str.maketrans("0123456789", "9876543210")


def sort_key(control: Control, value: Any) -> str:
    """The key of a stored *value* of a field with *control*. Equal values have equal keys, and others have others.

    Text is ordered without regard to capitals, money by currency and then amount, times as moments.
    """
    if value is None:
        return NOTHING
    if control == "number" and isinstance(value, str):
        return _number(Decimal(value))
    if control == "time" and isinstance(value, str):
        return _time(value)
    return element_key(value)


def sort_keys(values: list[Any] | None) -> list[str]:
    """The keys of the elements of a list, each one once; that of nothing if it is empty."""
    return list(dict.fromkeys(map(element_key, values or ()))) or [NOTHING]


def element_key(value: Any) -> str:
    """The key of *value* by its own type."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(Decimal(str(value)))
    if isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
        return f"{value['currency']} {_number(Decimal(str(value['amount'])))}"
    return _text(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


def _number(number: Decimal) -> str:
    """A sign, the exponent and the digits; for a number below zero their complement, so that more is less."""
    if not number.is_finite() or not number:
        return "1"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    size = min(max(number.adjusted() + _EXPONENTS, 0), 2 * _EXPONENTS - 1)
    key = f"{size:05}{digits}"
    return f"2{key}" if number > 0 else f"0{key.translate(_COMPLEMENT)}~"


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _text(text)
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _text(text: str) -> str:
    """The text without capitals; then, if that is another, the text itself. What is too long ends with its hash."""
    plain = well_formed(text).replace("\0", "")  # SQLite ends a text there
    folded = plain.casefold()
    key = folded if folded == plain else f"{folded}\x01{plain}"
    return key if len(key) <= LONGEST else f"{key[:LONGEST]}\x01{sha256(plain.encode()).hexdigest()}"
