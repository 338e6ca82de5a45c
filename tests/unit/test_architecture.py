"""docs/architecture.md describes the functions as they are."""

import pytest

from shared.ports.topology import ROWS
from tests.support.function_table import Cells, as_markdown, drift, in_the_code, in_the_docs, tables_about_functions
from tests.support.project import ROOT

TEXT = (ROOT / "docs/architecture.md").read_text()


@pytest.fixture(scope="module")
def code() -> dict[str, Cells]:
    return in_the_code()


def test_the_table_of_the_functions_is_the_one_of_the_code(code: dict[str, Cells]) -> None:
    assert drift(TEXT, code) == [], f"docs/architecture.md should have this table:\n{as_markdown(code)}"


def test_it_is_the_only_table_of_the_functions() -> None:
    assert tables_about_functions(TEXT) == 1


def test_the_table_has_a_row_for_each_function() -> None:
    assert list(in_the_docs(TEXT)) == [row.name for row in ROWS]


@pytest.mark.parametrize("column", range(4), ids=["topics", "collections", "imports", "callers"])
def test_a_changed_cell_is_noticed(column: int, code: dict[str, Cells]) -> None:
    cells = list(code["sweeper"])
    cells[column] += ", `planted`"
    before, after = as_markdown(code), as_markdown({**code, "sweeper": (cells[0], cells[1], cells[2], cells[3])})
    assert len(drift(TEXT.replace(before, after), code)) == 1
    assert len(drift(TEXT, {**code, "sweeper": (cells[0], cells[1], cells[2], cells[3])})) == 1


def test_a_missing_row_and_a_superfluous_one_are_noticed(code: dict[str, Cells]) -> None:
    lines = as_markdown(code).splitlines(keepends=True)
    assert drift(TEXT.replace(lines[-1], ""), code)
    assert drift(TEXT.replace(lines[-1], lines[-1] + "| `mailer` | - | - | - | anyone |\n"), code)
