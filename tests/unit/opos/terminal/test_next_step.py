"""Commands in a text that the operator can paste."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from opos.cli import main
from opos.terminal.next_step import command_line, pasteable, program
from opos.terminal.options import Place, with_place


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    program.cache_clear()
    yield
    program.cache_clear()


def within(*arguments: str, text: str) -> str:
    """*text* as a command of opos with *arguments* would print it."""

    @click.command("present")
    @with_place
    def present(place: Place) -> None:  # noqa: ARG001
        click.echo(pasteable(text))

    group = click.Group(
        "opos",
        commands={
            "present": present,
            **{name: main.get_command(None, name) for name in ("trace", "init", "up", "flags", "route")},
        },
    )  # type: ignore[arg-type, dict-item]
    return CliRunner().invoke(group, ["present", *arguments], catch_exceptions=False).output.strip()


def test_options_that_name_the_bundle_are_repeated_unless_they_are_the_default() -> None:
    hint = "`opos trace 0a1b` shows it"
    assert within(text=hint) == within("--data", ".opos", text=hint) == hint
    assert within("--data", "my data", "--config", "a.yaml", text=hint) == (
        "`opos trace 0a1b --data 'my data' --config a.yaml` shows it"
    )
    assert within("--backend", "cloud", text="`opos flags overrides`") == "`opos flags overrides --backend cloud`"


def test_a_command_that_names_no_bundle_adds_nothing() -> None:
    bare = click.Command("opos", callback=lambda: click.echo(command_line("up")))
    assert CliRunner().invoke(bare, []).output == "opos up\n"


def test_an_option_that_a_command_lacks_or_has_already_is_not_added() -> None:
    assert within("--data", "d", text="`opos init --force`") == "`opos init --force`"
    assert within("--data", "d", text="`opos up --data d`") == "`opos up --data d`"
    assert within("--config", "a.yaml", text="`opos nonsense`") == "`opos nonsense`"


def test_only_commands_in_backquotes_change() -> None:
    text = "opos trace, `oposx trace`, `other` and `opos --help`"
    assert within("--data", "d", text=text) == text


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / ".venv/bin/opos"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return script


@pytest.mark.parametrize("invoked", [".venv/bin/opos", "/lib/python3/opos/__main__.py"])
def test_the_program_is_the_one_that_runs(checkout: Path, monkeypatch: pytest.MonkeyPatch, invoked: str) -> None:
    monkeypatch.setattr(sys, "argv", [invoked])
    monkeypatch.setattr(sys, "executable", str(checkout.with_name("python")))
    assert command_line("up") == ".venv/bin/opos up"


def test_on_the_path_its_name_is_enough(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(checkout)])
    monkeypatch.setenv("PATH", str(checkout.parent))
    assert command_line("up") == "opos up"


def test_from_another_folder_its_whole_path_is_shown(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(sys, "argv", [str(checkout)])
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert command_line("up") == f"{checkout} up"
