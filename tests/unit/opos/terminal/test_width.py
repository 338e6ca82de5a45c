"""Lists that fit the terminal, and colour only where it is shown."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.terminal.colour import by_severity, is_coloured
from opos.terminal.width import table

ROW = ("critical", "acknowledged", "12 min ago", "alertmanager", "0a1b2c3d", "Checkout returns 502 for every customer")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_is_aligned_and_whole_where_nothing_limits_it() -> None:
    short = ("info", "firing", "just now", "app", "0a1b2c3e", "Slow")
    assert list(table([ROW, short])) == [
        "critical  acknowledged  12 min ago  alertmanager  0a1b2c3d  Checkout returns 502 for every customer",
        "info      firing        just now    app           0a1b2c3e  Slow",
    ]


def test_the_last_column_is_cut_to_fit() -> None:
    (line,) = table([ROW], columns=90)
    assert line.endswith("0a1b2c3d  Checkout returns 502 for ever…")
    assert len(line) == 90


def test_a_narrow_terminal_gets_several_lines_and_loses_no_short_cell() -> None:
    lines = list(table([ROW], columns=40))
    assert lines == [
        "critical  acknowledged  12 min ago",
        "  alertmanager  0a1b2c3d",
        "  Checkout returns 502 for every custom…",
    ]


@given(
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=99)), max_size=5),
    st.integers(20, 120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]], columns: int) -> None:
    lines = list(table(rows, columns=columns))
    assert all(len(line) <= columns and "\n" not in line for line in lines)
    assert len(lines) >= len(rows)


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_a_terminal_that_shows_it(
    stream: io.StringIO, environ: dict[str, str], coloured: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert is_coloured(stream) is coloured


def test_only_the_severity_at_the_beginning_of_a_line_has_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opos.terminal.colour.is_coloured", lambda: True)
    assert by_severity("critical  firing  a critical disk") == "\x1b[31m\x1b[1mcritical\x1b[0m  firing  a critical disk"
    for line in ("a critical disk", "critically", ""):
        assert by_severity(line) == line
