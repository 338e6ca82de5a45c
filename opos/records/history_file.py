"""A file of changes that `opos records export --changes` wrote, read history by history."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from shared.errors import OposError
from shared.records.change import ChangeDoc, as_change


class _Operation(BaseModel):
    op: Literal["add", "replace", "remove"]
    path: str
    value: Any = None


class _Line(BaseModel):
    """What every change has: see `shared.records.change.ChangeDoc`."""

    record: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    kind: str
    n: Annotated[int, Field(ge=1)]
    at: str
    actor: dict[str, str]
    cause: str
    chain: list[str]
    reason: str
    trace: str
    patch: list[_Operation]
    inverse: list[_Operation]


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
        _Line.model_validate(change)
    except (ValueError, ValidationError) as fault:
        hint = "`opos records export --changes` writes such files."
        raise BadHistory(f"{place}: expected a change of a record, found none: {_reason(fault)}", hint=hint) from None
    return as_change(change)


def _reason(fault: ValueError) -> str:
    if isinstance(fault, ValidationError):
        first = fault.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(fault)
