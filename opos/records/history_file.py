"""A file of changes that `opos records export --changes` wrote, read history by history."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.errors import OposError
from shared.records.change import ChangeDoc, as_change, place_of

_CHANGE: TypeAdapter[ChangeDoc] = TypeAdapter(ChangeDoc)


class BadHistory(OposError):
    """A line that is no change, or not the next one of its record."""

    code = "bad_history"


def read_histories(file: Path) -> Iterator[list[ChangeDoc]]:
    """The changes of each record in *file*. Raises BadHistory at the first line that does not fit."""
    for _, history in groupby(_changes(file), key=lambda change: change["record"]):
        yield list(history)


def _changes(file: Path) -> Iterator[ChangeDoc]:
    last, n = "", 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                change = _change(line, f"{file}:{number}")
                n = n + 1 if change["record"] == last else 1
                last = change["record"]
                if change["n"] != n:
                    raise BadHistory(f"{file}:{number}: expected change {n} of {last}, found change {change['n']}")
                yield change


def _change(line: bytes, place: str) -> ChangeDoc:
    try:
        change: Any = json.loads(line)
        _CHANGE.validate_python(change)
        if change["place"] != place_of(change["record"], change["n"]):
            raise ValueError(f"expected the place {place_of(change['record'], change['n'])}, found {change['place']}")
    except (ValueError, ValidationError) as fault:
        hint = "`opos records export --changes` writes such files."
        raise BadHistory(f"{place}: expected a change of a record, found none: {_reason(fault)}", hint=hint) from None
    return as_change(change)


def _reason(fault: ValueError) -> str:
    if isinstance(fault, ValidationError):
        first = fault.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(fault)
