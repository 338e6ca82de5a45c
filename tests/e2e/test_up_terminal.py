"""`opos up` in a terminal: links that are true, readable lines, and the secrets of `.env`."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.bundle.data_folder import address
from opos.bundle.ports import free_port, is_taken
from opos.cli import main
from opos.terminal import options
from opos.terminal.http import post
from tests.support.bundle import SECRETS
from tests.support.hostile import HOSTILE, controls
from tests.support.project import ROOT
from tests.support.pseudo_terminal import INTERRUPT, Terminal, terminal
from tests.torture.senders import until

CONFIG = """
owner: me@example.com
timezone: Europe/Berlin
sources:
  app:
    scheme: standard-webhooks
    secrets: [APP_SECRET]
    alert: {when: data.severity, title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}
  github: {scheme: github, secrets: [GITHUB_SECRET]}
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk, window: 1h}
"""
BASE = {name: value for name, value in os.environ.items() if not name.startswith("OPOS_") and name not in SECRETS}
ENVIRONMENT = {**BASE, "PYTHONPATH": str(ROOT), "COLUMNS": "", "LINES": "", "NO_COLOR": ""}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    (tmp_path / ".env").write_text(f"export APP_SECRET={SECRETS['APP_SECRET']}\nGITHUB_SECRET='it is new'\n")
    (tmp_path / ".env").chmod(0o600)
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opos(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(main, list(words), input=given)


@contextmanager
def up(folder: Path, *options: str, **variables: str) -> Iterator[Terminal]:
    command = [sys.executable, "-m", "opos", "up", "--port", str(free_port()), *options]
    with terminal(command, folder=folder, environment=ENVIRONMENT | variables) as shown:
        shown.wait_for("Ctrl-C stops it.")
        yield shown


def trouble(**data: Any) -> str:
    return json.dumps({"type": "trouble", "data": {"id": "disk", "severity": "critical", "status": "firing", **data}})


def rows(shown: Terminal) -> list[list[str]]:
    """The columns of each line of the log: source, outcome, and what it is about."""
    lines = shown.text.partition("Ctrl-C stops it.\n")[2].splitlines()
    times = [re.fullmatch(r"\d\d:\d\d:\d\d  (.{14})  (.{20})(?:  (.*))?", line) for line in lines]
    return [[str(part or "").strip() for part in match.groups()] for match in times if match]


@pytest.mark.slow
def test_a_person_sees_true_links_and_a_line_for_each_event_and_decision(folder: Path) -> None:
    with up(folder, "--public-url", "https://ops.example.com") as shown:
        assert "app     https://ops.example.com/webhooks/app\n" in shown.text
        assert re.search(r"^console  https://ops\.example\.com/console/\S{60,}$", shown.text, re.MULTILINE)
        assert "█▄" in shown.text, "the QR code"
        first = opos("send", "app", "-", "--delivery", "d1", given=trouble(title=HOSTILE))
        again = opos("send", "app", "-", "--delivery", "d1", given=trouble(title=HOSTILE))
        assert [done.stdout[:3] for done in (first, again)] == ["202", "200"], first.stderr
        assert post(f"{address(folder / '.opos')}/webhooks/github", b"{}", {}).status == 401
        assert opos("send", "github", "--sample", "failure").exit_code == 0
        console = opos("console").stdout
        until(lambda: "digest" in {row[1] for row in rows(shown)}, seconds=60, what="the last decision")
        seen = [(source, outcome) for source, outcome, _ in rows(shown)]
        assert {*seen} == {
            ("app", "accepted"), ("app", "interrupts desk"), ("", "sent to desk"), ("app", "duplicate"),
            ("github", "rejected 401"), ("github", "accepted"), ("github", "digest"),
        }  # fmt: skip
        shown.type(INTERRUPT)
        assert shown.process.wait(60) == 0
        shown.wait_for("^C\nstopped\n")
    assert console.startswith("https://ops.example.com/console/")
    assert controls(shown.text, except_for="\n") == []
    assert not re.search(r"^\W*FORGED", shown.text, re.MULTILINE)
    assert "\x1b[31minterrupts desk" in shown.raw
    assert [secret for secret in ("it is new", SECRETS["APP_SECRET"], '{"severity"') if secret in shown.text] == []


@pytest.mark.usefixtures("folder")
def test_a_mistyped_sender_or_sample_gets_the_word_that_was_meant() -> None:
    assert "Did you mean github?" in opos("send", "githb", "-").stderr
    assert "Did you mean failure" in opos("send", "github", "--sample", "failur").stderr
    assert "opos init --add stripe` adds it." in opos("send", "stripe", "-").stderr


@pytest.mark.slow
def test_what_the_running_bundle_does_not_know_yet_is_said_with_the_step_that_mends_it(folder: Path) -> None:
    with up(folder):
        assert opos("send", "app", "-", given=trouble(title="Disk full")).exit_code == 0, "it has read its files"
        (folder / "opos.yaml").write_text(CONFIG + "status: {title: Shop, components: {shop: {name: Shop}}}\n")
        opened = opos("statuspage", "open", "Down", "--component", "shop", "--impact", "down")
        assert "The running bundle has no page yet. Stop it" in opened.stdout
        assert re.search(r"^Next: `\S*opos statuspage update \S{8} .*`$", opened.stdout, re.MULTILINE)
        added = opos("init", "--add", "stripe", "--yes")
        assert "stop opos with Ctrl-C in its terminal, and start it again" in added.stdout, added.stderr
        with (folder / ".env").open("a") as secrets:
            secrets.write("STRIPE_WEBHOOK_SECRET=whsec_testtest\n")
        unknown = opos("send", "stripe", "-", given="{}")
        assert (unknown.exit_code, "404 The running bundle does not know stripe" in unknown.stdout) == (1, True), (
            unknown.output
        )
        again = opos("up", "--port", str(address(folder / ".opos")).rpartition(":")[2])
        assert again.stderr.startswith("Another opos is running on .opos, at http://127.0.0.1:"), again.stderr


@pytest.mark.slow
def test_closing_the_terminal_ends_the_bundle_and_frees_its_port(folder: Path) -> None:
    with up(folder) as shown:
        port = int(str(address(folder / ".opos")).rpartition(":")[2])
        shown.close()
        assert shown.process.wait(60) == 0
    assert not is_taken(port)


@pytest.mark.slow
def test_a_bundle_writes_nothing_into_the_home_of_its_person(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    with up(folder, HOME=str(home), XDG_RUNTIME_DIR=str(home)):
        done = opos("send", "app", "-", given=trouble(title="Disk full"))
        assert done.exit_code == 0, done.output
        assert [*home.rglob("*")] == []


@pytest.mark.slow
def test_a_bundle_that_was_told_to_outlive_its_terminal_answers_without_it(folder: Path) -> None:
    port = free_port()
    command = ["nohup", sys.executable, "-m", "opos", "up", "--port", str(port), "--log", "text"]
    with terminal(command, folder=folder, environment=ENVIRONMENT) as shown:
        log = folder / "nohup.out"
        until(lambda: log.exists() and "Ctrl-C stops it." in log.read_text(), seconds=60, what="the bundle")
        shown.close()
        done = opos("send", "app", "-", given=trouble(title="Disk full"))
        assert done.stdout[:3] == "202", done.stderr
        shown.process.terminate()
        assert shown.process.wait(60) == 0


@pytest.mark.slow
def test_closing_the_terminal_of_the_demo_deletes_its_data(folder: Path) -> None:
    data = folder / "temporary"
    data.mkdir()
    command = [sys.executable, "-m", "opos", "demo", "--port", str(free_port())]
    with terminal(command, folder=folder, environment={**ENVIRONMENT, "TMPDIR": str(data)}) as shown:
        shown.wait_for("The senders are simulated")
        assert len([*data.iterdir()]) == 1
        shown.close()
        shown.process.wait(60)
    assert [*data.iterdir()] == []


@pytest.mark.slow
def test_a_terminal_may_ask_for_json(folder: Path) -> None:
    with up(folder, "--log", "json") as shown:
        assert "Only programs on this machine reach http://127.0.0.1:" in shown.text
        assert "█" not in shown.text
        assert opos("send", "app", "-", given=trouble(title="Disk full")).exit_code == 0
        lines = shown.wait_for('"message": "delivery"').partition("Ctrl-C stops it.\n")[2].splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        assert {"accepted", "routed"} <= {entry["message"] for entry in entries}
        assert "Disk full" not in json.dumps(entries)


def test_errors_of_env_are_shown_together_with_those_of_the_configuration(folder: Path) -> None:
    (folder / ".env").write_text("APP_SECRET=two words\n\nGITHUB_SECRET=$(pass github)\n")
    (folder / "opos.yaml").write_text(CONFIG.replace("timezone: Europe/Berlin", "timezone: Mars"))
    for command in ("verify", "up"):
        done = opos(command)
        assert done.exit_code == 2
        named = re.findall(r"^(\.env|opos\.yaml):(\d+): ", done.stdout + done.stderr, re.MULTILINE)
        assert named[:2] == [(".env", "1"), (".env", "3")]
        assert ("opos.yaml", "3") in named
    assert "pass github" not in done.output


def test_verify_and_its_hints_know_env(folder: Path) -> None:
    assert opos("verify").exit_code == 0
    (folder / ".env").write_text("APP_SECRET=x\n")
    (folder / ".env").chmod(0o644)
    options._warn_of_readers.cache_clear()
    done = opos("verify")
    assert done.exit_code == 2
    assert (
        "the secret GITHUB_SECRET to be set; found no value (set GITHUB_SECRET in .env beside this file" in done.stdout
    )
    assert "all users of this machine can read it" in done.stderr
