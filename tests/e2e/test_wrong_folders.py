"""A mistyped folder: a command names it and creates nothing, or says what it cannot use."""

import json
import os
import re
import shlex
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opos.bundle.data_folder import lock, note_address
from opos.bundle.ports import free_port
from opos.cli import main
from tests.e2e.test_commands import opos
from tests.support.bundle import CONFIG, FLAGS, SECRETS, Bundle
from tests.support.commands import NO_BUNDLE_NEEDED, all_commands

ARGUMENTS = {
    "status": "", "show": "0a1b", "events": "", "search": "checkout", "event": "0a1b", "trace": "0a1b", "forward": "github localhost:3000 --event 0a1b", "replay": "--since 7d --yes", "export": "--since 7d", "route explain": "--label alertname=DiskFull",
    "route what-if": "--config opos.yaml", "alerts list": "", "alerts ack": "0a1b", "alerts snooze": "0a1b 2h",
    "asks list": "", "asks show": "0a1b", "asks answer": "0a1b keep", "alerts resolve": "0a1b", "alerts note": "0a1b words", "incident export": "0a1b", "silence add": "alertname=DiskFull --for 2h --why why", "silence list": "",
    "silence expire": "0a1b", "channels test": "", "focus": "2h", "digest list": "", "digest show": "0a1b", "digest explain": "", "noise": "",
    "review": "", "statuspage open": "Down --impact down", "statuspage update": "0a1b why", "statuspage resolve": "0a1b",
    "statuspage maintenance": "Move --for 2h", "statuspage withdraw": "0a1b", "statuspage list": "", "flags override": "everyone off --for 2h --why why", "flags release": "everyone", "flags overrides": "",
    "doctor": "", "retry": "", "dismiss": "0a1b --why why", "slo": "", "console": "", "secrets rotate": "github",
    "records merge": "customer 0a1b 0c2d --yes", "records export": "", "records import": "customer opos.yaml", "records rebuild": "",
    "backup": "copy.db", "heartbeat list": "", "heartbeat show": "backup", "heartbeat url": "backup",
    "records list": "customer", "records show": "customer 0a1b", "records history": "customer 0a1b", "records diff": "customer 0a1b 1",
    "records set": "customer 0a1b plan=pro", "records new": "customer name=Ada", "records undo": "0a1b.1",
    "records forget": "customer 0a1b --yes", "records delete": "customer 0a1b", "records restore": "customer 0a1b", "records migrate": "",
}  # fmt: skip
"""Arguments for each command that reads or changes a bundle."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text(FLAGS)
    with chdir(tmp_path):
        yield tmp_path


def run(words: str) -> Result:
    return CliRunner().invoke(main, shlex.split(words), env=SECRETS)


def test_the_table_has_every_command_that_needs_a_bundle() -> None:
    assert set(ARGUMENTS) == set(all_commands()) - NO_BUNDLE_NEEDED


def nothing(wrong: Path) -> None:
    """A mistyped name."""


def a_file(wrong: Path) -> None:
    wrong.write_text("not a folder")


@pytest.mark.parametrize("make", [nothing, Path.mkdir, a_file])
@pytest.mark.parametrize("command", ARGUMENTS)
def test_a_command_refuses_a_folder_without_a_bundle_and_creates_nothing(
    folder: Path, command: str, make: Callable[[Path], None]
) -> None:
    make(folder / "mistyped")
    before = sorted(folder.rglob("*"))
    result = run(f"{command} {ARGUMENTS[command]} --data mistyped")
    assert result.exit_code == 1
    assert "There is no bundle in the folder mistyped" in result.stderr
    assert "opos up --data mistyped" in result.stderr
    assert result.stdout == ""
    assert sorted(folder.rglob("*")) == before


def test_as_a_process_too(folder: Path) -> None:
    done = opos("alerts", "list", "--data", "mistyped", folder=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no bundle in the folder mistyped: expected the file mistyped/opos.db.\n")


def test_in_an_empty_folder_the_next_step_is_init(tmp_path: Path) -> None:
    with chdir(tmp_path):
        for words in ("status", "alerts", "up", "init --add stripe"):
            result = run(words)
            assert result.exit_code in {1, 2}
            assert re.search(r"^hint: `\S*opos init` ", result.stderr, re.MULTILINE), result.stderr
        assert list(tmp_path.iterdir()) == []


def test_up_on_a_file_says_what_it_found(folder: Path) -> None:
    a_file(folder / "mistyped")
    for data in ("mistyped", "mistyped/below"):
        result = run(f"up --data {data}")
        assert (result.exit_code, type(result.exception)) == (1, SystemExit)
        assert result.stderr.startswith(f"expected a data folder that opos can write, found {data}: ")


@pytest.mark.usefixtures("folder")
def test_up_with_a_folder_as_its_configuration_is_no_traceback() -> None:
    result = run("up --config .")
    assert (result.exit_code, type(result.exception)) == (2, SystemExit)
    assert result.stderr


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder in which this process may not write: for root, who may write in all others, a folder of the kernel."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    return Path("/proc") if os.access(closed, os.W_OK) else closed


def test_up_in_a_folder_that_it_may_not_write_is_one_clear_error(folder: Path, closed: Path) -> None:
    done = opos("up", "--data", str(closed / "data"), folder=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"expected a data folder that opos can write, found {closed / 'data'}: ")
    assert len(done.stderr.splitlines()) == 2


def test_init_in_a_folder_that_it_may_not_write_is_one_clear_error(closed: Path) -> None:
    with chdir(closed):
        result = run("init --yes --email me@example.com")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Cannot use opos.yaml: ")
    assert len(result.stderr.splitlines()) == 2


def test_init_over_a_folder_called_as_one_of_its_files_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").mkdir()
    with chdir(tmp_path):
        result = run("init --yes --email me@example.com")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Cannot use flags.yaml: ")


def test_the_demo_without_a_folder_for_temporary_files_is_one_clear_error(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    result = run("demo --once")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Cannot use {closed}/opos-demo-")
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.usefixtures("folder")
def test_a_payload_that_is_not_there_is_one_clear_error() -> None:
    for payload in ("missing.json", "."):
        result = run(f"send github {payload}")
        assert (result.exit_code, type(result.exception)) == (2, SystemExit)


def test_an_override_of_a_bundle_that_does_not_run_says_that_nobody_receives_it(embedded: Bundle) -> None:
    embedded.trouble("disk")
    override = ["flags", "override", "everyone", "off", "--for", "2h", "--why", "it charges twice", "--data", "."]
    with chdir(embedded.folder):
        stopped = CliRunner().invoke(main, override)
        as_json = CliRunner().invoke(main, [*override, "--json"])
        with lock(embedded.folder):
            note_address(embedded.folder, embedded.url, embedded.url)
            embedded.clock.moment = datetime.now(UTC)
            running = CliRunner().invoke(main, override)
    assert stopped.exit_code == as_json.exit_code == running.exit_code == 0
    assert stopped.stderr == as_json.stderr == running.stderr == ""
    assert stopped.stdout.splitlines()[1:] == ["No bundle is running on ., so nobody receives this until one starts."]
    assert json.loads(as_json.stdout)["applied_by"] is None
    assert running.stdout.splitlines()[1:] == [f"The bundle at {embedded.url} applies it."]


@pytest.mark.parametrize(("has_run", "warned"), [(True, True), (False, False)])
def test_up_says_that_the_data_file_of_an_earlier_run_is_gone(
    folder: Path,
    has_run: bool,  # noqa: FBT001
    warned: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("opos.commands.up._serve", lambda *_: None)
    (folder / "data").mkdir()
    if has_run:
        lock(folder / "data").close()
    result = run(f"up --data data --port {free_port()}")
    assert ("The data file data/opos.db is gone" in result.stderr) is warned


def test_a_start_that_finds_its_port_taken_leaves_nothing_that_looks_like_an_earlier_run(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for _ in range(2):
            result = run(f"up --data data --port {taken.getsockname()[1]}")
            assert (result.exit_code, result.stderr.startswith("Cannot listen on")) == (1, True)
    assert not (folder / "data").exists()
