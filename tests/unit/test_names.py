"""How often a name says nothing of what it names: counted in each file, and the count may only fall."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.project import ROOT

TABLE = Path(__file__).with_name("names.json")
"""The count that each file had last. `python -m tests.unit.test_names` lowers its numbers, and makes it where it is missing."""
EMPTY_NAMES = {"one", "found"}
"""What a loop variable or a result is called when nobody has looked for the noun of the domain."""
_MENTION = re.compile(rf"\b({'|'.join(EMPTY_NAMES)})\b")
"""Without one there is no such identifier: to search a text takes a hundredth of the time of parsing it."""
PACKAGES = ("shared", "functions", "opos", "infra", "tests", "bench")


def empty_names(source: str) -> int:
    """How many identifiers of *source* are in EMPTY_NAMES: each use of a variable or argument, each attribute that is set."""
    if not _MENTION.search(source):
        return 0
    return sum(name in EMPTY_NAMES for node in ast.walk(ast.parse(source)) for name in identifiers(node))


def identifiers(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.alias(asname=str(name)):
            yield name


def counts() -> dict[str, int]:
    """The count of every file that has any."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    counted = {path.relative_to(ROOT).as_posix(): empty_names(path.read_text()) for path in paths}
    return {file: count for file, count in counted.items() if count}


def complaints(table: Mapping[str, int], counted: Mapping[str, int]) -> list[str]:
    """What has to change in a file, or in the table, so that they agree."""
    return [
        complaint(file, table.get(file, 0), counted.get(file, 0))
        for file in sorted({*table, *counted})
        if table.get(file, 0) != counted.get(file, 0)
    ]


def complaint(file: str, allowed: int, count: int) -> str:
    if count > allowed:
        return f"{file}: expected at most {allowed} identifiers named `one` or `found`, counted {count}; use nouns"
    return f"{file}: lower its number from {allowed} to {count}: python -m tests.unit.test_names"


def lowered(table: Mapping[str, int], counted: Mapping[str, int]) -> dict[str, int]:
    """*table* with every number that has fallen, and without the files that have none left."""
    lower = {file: min(allowed, counted.get(file, 0)) for file, allowed in table.items()}
    return {file: count for file, count in sorted(lower.items()) if count}


def stored() -> dict[str, int]:
    table: dict[str, int] = json.loads(TABLE.read_text())
    return table


def test_every_file_has_the_count_of_the_table() -> None:
    assert complaints(stored(), counts()) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("for one in alerts: print(one.title)", 2),
        ("def first(found): return 'one found'", 1),
        ("self.found = found", 2),
        ("alert.found", 0),
        ("[alert for alert in alerts]", 0),
        ("import json as one", 1),
        ("try: pass\nexcept ValueError as found: pass", 1),
        ("lambda one: None", 1),
        ("match alert:\n  case {'a': one}: pass\n  case [*found]: pass", 2),
    ],
)
def test_a_name_is_counted_where_it_names_a_value(source: str, count: int) -> None:
    assert empty_names(source) == count


def test_a_file_over_its_number_is_named_and_so_is_one_that_the_table_does_not_know() -> None:
    assert complaints({"a.py": 1}, {"a.py": 2, "b.py": 1}) == [
        "a.py: expected at most 1 identifiers named `one` or `found`, counted 2; use nouns",
        "b.py: expected at most 0 identifiers named `one` or `found`, counted 1; use nouns",
    ]


def test_a_file_under_its_number_has_it_lowered() -> None:
    assert complaints({"a.py": 2}, {"a.py": 1}) == [
        "a.py: lower its number from 2 to 1: python -m tests.unit.test_names",
    ]


def test_the_table_is_written_without_a_number_that_rises() -> None:
    assert lowered({"a.py": 2, "b.py": 1, "c.py": 3}, {"a.py": 1, "c.py": 4, "d.py": 1}) == {"a.py": 1, "c.py": 3}


def save(table: Mapping[str, int]) -> None:
    TABLE.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    save(lowered(stored(), counts()) if TABLE.exists() else counts())
