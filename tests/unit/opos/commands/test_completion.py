"""Completion in the shell: what it offers, and where `opos completion install` writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from opos.cli import main
from opos.terminal.shells import SHELLS, Shell, place_of, script, this_shell
from shared.ports import Create
from shared.ports.terms import alert_index
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from tests.support.bundle import CONFIG, FLAGS, SECRETS
from tests.support.project import ROOT

PLACES = {
    "bash": ".local/share/bash-completion/completions/opos", "zsh": ".zfunc/_opos",
    "fish": ".config/fish/completions/opos.fish",
}  # fmt: skip


def install(home: Path, *more: str, login: str = "/bin/bash") -> Result:
    environ = {
        "HOME": str(home),
        "SHELL": login,
        "XDG_DATA_HOME": "",
        "XDG_CONFIG_HOME": "",
        "BASH_COMPLETION_USER_DIR": "",
    }
    return CliRunner().invoke(main, ["completion", "install", *more], env=environ)


@pytest.mark.parametrize("shell", SHELLS)
def test_install_writes_one_file_says_which_and_may_be_run_again(tmp_path: Path, shell: str) -> None:
    first, second = (install(tmp_path, "--shell", shell) for _ in range(2))
    file = tmp_path / PLACES[shell]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]
    assert first.stdout.startswith(f"Wrote {file}.\n")
    assert second.stdout.startswith(f"{file} is up to date.\n")
    assert "_OPOS_COMPLETE" in file.read_text()


def test_install_takes_the_login_shell_and_never_guesses(tmp_path: Path) -> None:
    assert f"{tmp_path}/.zfunc/_opos" in install(tmp_path, login="/usr/bin/zsh").stdout
    unknown = install(tmp_path, login="/bin/dash")
    assert (unknown.exit_code, "expected --shell with one of bash, zsh, fish" in unknown.stderr) == (2, True)


def test_the_place_follows_the_folders_that_the_user_has_chosen() -> None:
    assert place_of("bash", {"HOME": "/h", "XDG_DATA_HOME": "/d"}) == Path("/d/bash-completion/completions/opos")
    assert place_of("fish", {"HOME": "/h", "XDG_CONFIG_HOME": "/c"}) == Path("/c/fish/completions/opos.fish")
    assert place_of("bash", {"HOME": "/h", "BASH_COMPLETION_USER_DIR": ":own:/b:/c"}) == Path("/b/completions/opos")
    assert this_shell({"SHELL": "/usr/local/bin/fish"}) == "fish"
    assert this_shell({}) is None


@pytest.mark.parametrize("shell", SHELLS)
def test_a_relative_folder_is_ignored_because_it_is_another_one_in_each_terminal(shell: Shell) -> None:
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "BASH_COMPLETION_USER_DIR")
    assert place_of(shell, {"HOME": "/h", **dict.fromkeys(names, "own:share")}) == Path("/h", PLACES[shell])


def test_install_replaces_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / PLACES["bash"]
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\xfe")
    assert install(tmp_path).stdout.startswith(f"Wrote {file}.\n")
    assert "_OPOS_COMPLETE" in file.read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text(FLAGS)
    monkeypatch.chdir(tmp_path)
    runtime = Runtime(Settings.from_environment({"OPOS_STORE": "sqlite:///.opos/opos.db", "OPOS_BUS": "local"}))
    (tmp_path / ".opos").mkdir()
    alert = {"title": "Disk full", "severity": "critical", "first_seen": "2026-11-28T03:00:00.000000Z"}
    alerts = {"0a1b2c3d4e": {**alert, "state": "firing"}, "0a1b9999": {**alert, "state": "resolved"}}
    runtime.store.commit([
        *(Create(f"alerts/{id}", {**data, **alert_index(data)}) for id, data in alerts.items()),
        Create("events/77ab", {"source": "app", "type": "t", "subject": "s"}),
    ])  # fmt: skip
    runtime.close()
    return tmp_path


def completed(*words: str) -> list[str]:
    *before, incomplete = words
    return [
        item.value for item in ShellComplete(main, {}, "opos", "_OPOS_COMPLETE").get_completions(before, incomplete)
    ]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["al"], ["alerts"]),
        (["alerts", ""], ["ack", "list", "note", "resolve", "snooze"]),
        (["alerts", "ack", "0a"], ["0a1b2c3d"]),
        (["trace", "77"], ["77ab"]),
        (["trace", "zz"], []),
        (["events", "--state", "q"], ["quarantined"]),
        (["events", "--source", "st"], ["stripe"]),
        (["flags", "explain", "every"], ["everyone"]),
        (["alerts", "ack", "--data", "mistyped", ""], []),
        (["alerts", "ack", "--backend", "cloud", ""], []),
    ],
)
def test_commands_options_ids_sources_and_flags_are_completed(words: list[str], offered: list[str]) -> None:
    assert completed(*words) == offered
    assert not Path("mistyped").exists()


@pytest.mark.usefixtures("folder")
def test_warnings_of_env_disturb_nobody_who_types(capfd: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text("PASSWORD=pa$$word\n")
    Path(".env").chmod(0o644)
    assert completed("alerts", "ack", "0a") == ["0a1b2c3d"]
    assert completed("events", "--source", "st") == ["stripe"]
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("folder")
def test_a_broken_configuration_disturbs_nobody_who_types() -> None:
    Path("opos.yaml").write_text("sources: [")
    Path("flags.yaml").write_text("flags: [")
    assert completed("events", "--source", "") == completed("flags", "explain", "") == []


@pytest.mark.slow
def test_bash_asks_opos_with_the_installed_script(folder: Path) -> None:
    (folder / "opos").write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "from opos.cli import main; main(prog_name=\'opos\')" "$@"\n'
    )
    (folder / "opos").chmod(0o755)
    (folder / "completion").write_text(script("bash", main))
    asked = "source ./completion 2>&1; COMP_WORDS=(opos alerts ac); COMP_CWORD=2; _opos_completion opos; echo ${COMPREPLY[*]}"
    environ = {**os.environ, **SECRETS, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", asked], check=True, capture_output=True, text=True, cwd=folder, env=environ)
    assert done.stdout == "ack\n"
