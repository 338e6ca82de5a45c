"""What differs between two versions of a record, in words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.records.change import Difference
from shared.records.patch import same
from shared.records.text import shown

_LONGEST = 72
"""What is longer says on a line of its own what was before."""


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The fields whose values differ, by name."""
    names = before.keys() | after.keys()
    pairs = (Difference(name, before.get(name), after.get(name)) for name in sorted(names))
    return [pair for pair in pairs if not same(pair.before, pair.after)]


def in_words(differences: Iterable[Difference], indent: int = 2) -> Iterator[str]:
    """`plan: free -> pro`, a line for each of *differences*; two lines if the values are long."""
    margin = " " * indent
    for field, before, after in differences:
        line = f"{margin}{field}: {_said(before)} -> {_said(after)}"
        if len(line) <= _LONGEST:
            yield line
        else:
            yield from (f"{margin}{field}: {_said(before)}", f"{margin}  -> {_said(after)}")


def _said(value: Any) -> str:
    return "(unset)" if value is None else shown(value) or "(empty)"
