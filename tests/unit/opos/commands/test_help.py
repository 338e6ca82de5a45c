"""Help is never cut, at any width, and a mistyped word gets a suggestion."""

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from tests.support.commands import all_commands

GROUPS = sorted({name.rpartition(" ")[0] for name in all_commands()})
METAVAR = "..."


def run(*words: str, columns: int = 80) -> Result:
    return CliRunner().invoke(main, [*words], terminal_width=columns, env={"COLUMNS": str(columns)})


@pytest.mark.parametrize("columns", [40, 80])
def test_no_help_is_cut_and_none_is_wider_than_the_terminal(columns: int) -> None:
    for name in (*GROUPS, *all_commands()):
        text = run(*name.split(), "--help", columns=columns).stdout
        usage, _, rest = text.partition("\n\n")
        assert usage.startswith("Usage: "), name
        assert [line for line in rest.splitlines() if line.rstrip().endswith(METAVAR)] == [], name
        assert [line for line in rest.splitlines() if len(line) > columns] == [], name


def test_a_narrow_terminal_gives_each_term_a_line_of_its_own() -> None:
    assert "\n  --all\n    Also list resolved alerts, which" in run("alerts", "list", "--help", columns=40).stdout


def test_a_group_shows_the_whole_first_sentence_of_each_command() -> None:
    words = " ".join(run("alerts", "--help").stdout.split())
    assert "it does not notify you again until the ack_timeout of its route ends." in words


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        ("evnts", "No such command 'evnts'. Did you mean events"),
        ("ack 0a1b", "No such command 'ack'. Did you mean alerts ack?"),
        ("alerts lst", "No such command 'lst'. Did you mean list?"),
        ("flags overide x", "No such command 'overide'. Did you mean override or overrides?"),
        ("events --state quarantind", "found 'quarantind'. Did you mean quarantined?"),
        ("events --sorce x", "'--source'"),
        ("deploy --target prod", "found 'prod'. Did you mean production?"),
        ("xyzzy", "No such command 'xyzzy'.\n"),
    ],
)
def test_a_mistyped_word_gets_a_suggestion(words: str, suggestion: str) -> None:
    result = run(*words.split())
    assert result.exit_code == 2
    assert suggestion in result.stderr
