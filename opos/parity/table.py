"""A table of facts with a column for each environment, and what to do about each difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HERE = "local"
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Cell:
    """A fact in an environment. `todo` says how to fix it; `stops` means that a deploy fails."""

    said: str
    todo: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A fact in each environment that has it. If `alike`, all should be the same, and `todo` says how."""

    fact: str
    cells: Mapping[str, Cell]
    alike: bool = False
    todo: str = ""

    @property
    def differs(self) -> bool:
        return self.alike and len({cell.said for cell in self.cells.values()}) > 1

    @property
    def mark(self) -> str:
        if any(cell.stops for cell in self.cells.values()):
            return "!"
        return "~" if self.differs or any(cell.todo for cell in self.cells.values()) else " "

    def advice(self) -> Iterator[str]:
        yield from (f"{self.fact}, {place}: {cell.todo}" for place, cell in self.cells.items() if cell.todo)
        if self.differs and self.todo:
            yield f"{self.fact}: {self.todo}"


@dataclass(frozen=True, slots=True)
class Parity:
    places: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=list)

    @property
    def stops(self) -> bool:
        """Whether a deploy would fail."""
        return any(cell.stops for row in self.rows for cell in row.cells.values())

    def as_json(self) -> dict[str, Any]:
        rows = [
            {
                "fact": row.fact, "places": {place: cell.said for place, cell in row.cells.items()},
                "differs": row.differs, "stops": row.mark == "!", "todo": list(row.advice()),
            }
            for row in self.rows
        ]  # fmt: skip
        return {"places": list(self.places), "rows": rows, "notes": list(self.notes), "ready": not self.stops}

    def as_text(self) -> str:
        lines = [["", "", *self.places], *(self._line(row) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        advice = list(dict.fromkeys(line for row in self.rows for line in row.advice()))
        legend = ["", "!: a deploy would fail; ~: differs, or is missing"] if advice else []
        return "\n".join([*(line.rstrip() for line in table), *legend, *advice, *self.notes])

    def _line(self, row: Row) -> list[str]:
        cells = (row.cells.get(place) for place in self.places)
        return [row.mark, row.fact, *(cell.said if cell else NOTHING for cell in cells)]
