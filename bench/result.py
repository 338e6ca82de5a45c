"""What a bench found: a value a round for each row and measure, the goals that follow, and who was missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

Rows = Mapping[str, Mapping[str, Sequence[float]]]
"""Row, then measure with its unit ("requests/s", "p50 ms"), then a value for each round: all rows of a round are
measured one after the other, so that what disturbs a round disturbs all of it.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """*ratios* are quotients that the table shows for each row: a measure, and the row that it is divided by."""

    title: str
    rows: Rows
    ratios: tuple[tuple[str, str], ...] = ()

    def ratio(self, row: str, beside: str, measure: str) -> float:
        """The median of the rounds' own quotients."""
        return median(self._quotients(row, beside, measure))

    def middle(self, row: str, measure: str) -> float:
        return median(self.rows[row][measure])

    def _quotients(self, row: str, beside: str, measure: str) -> list[float]:
        pairs = zip(self.rows[row][measure], self.rows[beside][measure], strict=True)
        return [one / other for one, other in pairs if other]


@dataclass(frozen=True, slots=True)
class Goal:
    """`found` should be at least, or at most, `limit`."""

    what: str
    found: float
    limit: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.found >= self.limit if self.at_least else self.found <= self.limit


@dataclass(frozen=True, slots=True)
class Result:
    tables: Sequence[Table]
    goals: Sequence[Goal] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    """Who could not be compared with, and why."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the peers."""
    notes: Sequence[str] = ()
