"""Which column of a file is which field of a kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from opos.records.export import ID, KIND
from opos.terminal.groups import did_you_mean
from shared.errors import OposError
from shared.records.kind import Kind

_MOST = 50


class UnknownColumns(OposError):
    """Columns that are no fields, or options that name no columns."""

    code = "unknown_columns"


@dataclass
class Columns:
    """A column has the field of its name, unless `named` maps it to another one, or it is `skipped`.

    `unknown` and `seen` are what the rows so far had.
    """

    kind: Kind
    named: Mapping[str, str]
    skipped: frozenset[str]
    seen: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def fields(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """*cells* by field. A column that is none is noted, and left out."""
        if not cells.keys() <= self.seen and len(self.seen) < _MOST:
            self.seen |= cells.keys()
            self.unknown |= {column for column in cells if self._field(column) is None}
        pairs = ((self._field(column), value) for column, value in cells.items())
        return {name: value for name, value in pairs if name}

    def require_known(self) -> None:
        """Raises UnknownColumns with all mistakes."""
        named = [*self.named, *self.skipped]
        faults = [self._fault(column) for column in sorted(self.unknown)]
        faults += [
            f"expected a column of the file in --map or --skip, found {column}.{did_you_mean(column, self.seen)}"
            for column in named if self.seen and column not in self.seen
        ]  # fmt: skip
        if faults:
            hint = "--map COLUMN=FIELD imports a column as another field, and --skip COLUMN leaves it out."
            raise UnknownColumns("\n".join(faults), hint=hint)

    def _field(self, column: str) -> str | None:
        """The field of *column*; empty if it is skipped, None if there is none."""
        if column in self.skipped:
            return ""
        name = self.named.get(column, column)
        return name if name in {*self.kind.fields, ID, KIND} else None

    def _fault(self, column: str) -> str:
        known = f"expected a field of {self.kind.name}, found the column {column or '(without a name)'}."
        return f"{known}{did_you_mean(column, self.kind.fields)}"


def columns(kind: Kind, named: Iterable[str], skipped: Iterable[str]) -> Columns:
    """The columns that the options `--map` and `--skip` name. Raises a usage error with all mistakes."""
    pairs = [word.partition("=") for word in named]
    faults = [f"expected --map COLUMN=FIELD, found {''.join(pair)!r}" for pair in pairs if not all(pair)]
    faults += [
        f"expected a field of {kind.name} in --map, found {name}.{did_you_mean(name, kind.fields)}"
        for _, equals, name in pairs if equals and name and name not in {*kind.fields, ID}
    ]  # fmt: skip
    targets = [name for _, _, name in pairs]
    faults += [f"expected one column for {name}, found several" for name in {*targets} if targets.count(name) > 1]
    if faults:
        raise click.UsageError("\n".join(faults))
    return Columns(kind, {column: name for column, _, name in pairs}, frozenset(skipped))
