"""A rotation of a sender's secret while it keeps sending: not one webhook is refused, and then the old one is."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from tests.support.project import ROOT
from tests.torture.senders import post, until

pytestmark = pytest.mark.slow

CONFIG = """\
owner: me@example.com
sources:
  github: {scheme: github, secrets: [HOOK]}
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk}
"""


@dataclass
class Running:
    """`opos up` as a process, with its secrets in files."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        files = {f"{name}_FILE": str(self.folder / name) for name in ("HOOK", "HOOK_OLD")}
        base = {name: value for name, value in os.environ.items() if not name.startswith(("OPOS_", "HOOK"))}
        return {**base, **files, "PYTHONPATH": str(ROOT)}

    def restart(self) -> None:
        self.stop()
        command = [sys.executable, "-m", "opos", "up", "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = start(command, environment=self.environment(), output=log)
        until(self._answers, seconds=60, what="the bundle to answer")

    def stop(self) -> None:
        if self.process:
            end(self.process)

    def rotate(self, *options: str) -> tuple[int, Any, str]:
        """The exit code, what it says as JSON, and all that it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "opos", "secrets", "rotate", "github", "--json", *options],
            check=False, capture_output=True, text=True, cwd=self.folder, env=self.environment(), timeout=300,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout or "null"), done.stdout + done.stderr

    def secret(self, name: str) -> str:
        return (self.folder / name).read_text()

    def _answers(self) -> bool:
        try:
            return post(self.port, b"", {}, path="/livez", method="GET")[0] == 200
        except OSError:
            return False


@dataclass
class Sender:
    """Posts without a pause under `secret`; what finds nobody there is posted again, as during a restart."""

    bundle: Running
    secret: str
    answers: Counter[int] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.over.wait(0.02):
            number += 1
            self.answers[self.deliver(f"d{number}", self.secret)] += 1

    def deliver(self, id: str, secret: str) -> int:
        from shared.sources.senders import github
        from tests.support.schemes import NOW

        body = json.dumps({"zen": id}).encode()
        headers = github.SCHEME.sign(body, secret, now=NOW, delivery=id, event_type="ping")
        while True:
            try:
                return post(self.bundle.port, body, headers, path="/webhooks/github")[0]
            except OSError:
                time.sleep(0.05)

    def sends(self, count: int) -> None:
        wanted = self.answers.total() + count
        until(lambda: self.answers.total() >= wanted, seconds=60, what=f"{count} more deliveries")


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    (tmp_path / "HOOK").write_text("the first secret")
    bundle = Running(tmp_path)
    bundle.restart()
    yield bundle
    bundle.stop()


@pytest.fixture
def sender(bundle: Running) -> Iterator[Sender]:
    sender = Sender(bundle, bundle.secret("HOOK"))
    thread = threading.Thread(target=sender.run)
    thread.start()
    yield sender
    sender.over.set()
    thread.join()


def test_a_rotation_refuses_nothing_on_its_way_and_the_old_secret_at_its_end(bundle: Running, sender: Sender) -> None:
    said: list[str] = []

    def rotate(*options: str) -> Any:
        code, content, printed = bundle.rotate(*options)
        said.append(printed)
        return content if code == 0 else code

    assert rotate() == 2
    assert "opos.yaml:3" in said[-1]
    assert "Change that line to: secrets: [HOOK, HOOK_OLD]" in said[-1]
    (bundle.folder / "opos.yaml").write_text(CONFIG.replace("[HOOK]", "[HOOK, HOOK_OLD]"))

    assert rotate()["stage"] == "copied"
    assert rotate()["stage"] == "unknown"  # what runs knows one secret only: a new one now would lose webhooks
    assert bundle.secret("HOOK") == bundle.secret("HOOK_OLD") == "the first secret"
    bundle.restart()
    assert rotate("--restarted")["stage"] == "renewed"
    sender.sends(5)

    waiting = rotate("--quiet-for", "0s")  # the sender has not been told yet
    assert (waiting["stage"], bundle.secret("HOOK_OLD")) == ("waiting", "the first secret")
    bundle.restart()
    sender.secret = bundle.secret("HOOK")
    sender.sends(5)
    assert rotate()["stage"] == "waiting"  # a day without the old one is not over
    assert rotate("--quiet-for", "0s")["stage"] == "retired"
    sender.sends(5)

    assert set(sender.answers) == {202}, sender.answers
    assert sender.deliver("late", "the first secret") == 401
    assert [secret for secret in ("the first secret", bundle.secret("HOOK")) if secret in "".join(said)] == []


def test_the_next_rotation_needs_no_restart_and_files_are_their_owners_alone(bundle: Running, sender: Sender) -> None:
    (bundle.folder / "opos.yaml").write_text(CONFIG.replace("[HOOK]", "[HOOK, HOOK_OLD]"))
    bundle.rotate()
    bundle.restart()
    for round in range(2):
        assert bundle.rotate("--restarted")[1]["stage"] == "renewed", round
        sender.secret = bundle.secret("HOOK")
        sender.sends(3)
        assert bundle.rotate("--quiet-for", "0s")[1]["stage"] == "retired", round
    assert set(sender.answers) == {202}, sender.answers
    assert {oct((bundle.folder / name).stat().st_mode & 0o777) for name in ("HOOK", "HOOK_OLD")} == {"0o600"}
