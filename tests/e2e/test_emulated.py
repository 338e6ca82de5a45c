"""`opos up` and `opos demo` with Google's emulators: each function in a process of its own, wired by push."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from functions_framework import create_app

from opos.bundle.emulators import missing
from opos.bundle.gateway import function_source
from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from shared.runtime import container as runtime
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from tests.e2e.test_commands import opos
from tests.support import requirements as needs
from tests.support.bundle import CONFIG, FLAGS, SECRETS
from tests.support.project import ROOT
from tests.torture.senders import signed, trouble

pytestmark = pytest.mark.slow


@needs.emulators
def test_the_demo_tells_the_same_story_on_the_emulators(tmp_path: Path) -> None:
    done = opos("demo", "--once", "--port", "18997", "--backend", "emulators", folder=tmp_path, secrets={})
    assert done.returncode == 0, done.stdout + done.stderr
    for told in ("NOTIFIED you", "ONE DIGEST with 5 items", "200 duplicate", "401 unauthorized", "QUARANTINED", "ACKNOWLEDGED",
                 "/flags/new_checkout", "GET /health"):  # fmt: skip
        assert told in done.stdout
    assert list(tmp_path.iterdir()) == []


@contextmanager
def up(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    (folder / "opos.yaml").write_text(CONFIG)
    (folder / "flags.yaml").write_text(FLAGS)
    port = free_port()
    command = [sys.executable, "-m", "opos", "up", "--backend", "emulators", "--port", str(port), "--data", str(folder)]
    environment = {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)}
    files = ["--config", str(folder / "opos.yaml"), "--flags", str(folder / "flags.yaml")]
    with (folder / "out").open("wb") as output:
        process = start([*command, *files], environment=environment, output=output)
    try:
        deadline = time.monotonic() + 90
        while "opos is up" not in (folder / "out").read_text() and time.monotonic() < deadline:
            assert process.poll() is None, (folder / "out").read_text()
            time.sleep(0.1)
        yield process, port
    finally:
        end(process, patience=30)


def children(pid: int) -> set[int]:
    """All descendants of *pid*."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(path.parent.name)
            found |= {child} | children(child)
    return found


@needs.emulators
def test_up_runs_each_function_in_its_own_process_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with up(tmp_path) as (process, port):
        said = (tmp_path / "out").read_text()
        assert "pushes are not authenticated here" in said
        assert "opos console --backend emulators" in said
        running = children(process.pid)
        commands = " ".join(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in running)
        for function in (
            "webhook_intake",
            "alert_router",
            "digest_sender",
            "sweeper",
            "health",
            "flag_evaluator",
            "console",
        ):
            assert f"--target {function} " in commands
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            checks = json.load(answer)["checks"].items()
        failed = {name for name, (result, *_) in checks if result["status"] != "pass"}
        assert failed <= {"store:responseTime", "bus:responseTime"}  # which a busy machine may make slow
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/flags/everyone?targetingKey=a%2Fb", timeout=60) as answer:
            assert json.load(answer) == {"everyone": True}
        place = ["--data", str(tmp_path), "--backend", "emulators"]
        sent = opos("send", "app", "-", "--url", f"http://127.0.0.1:{port}", "--json", folder=tmp_path,
                    given=b'{"type": "x", "data": {"title": "Disk", "severity": "critical", "id": "disk"}}')  # fmt: skip
        event = json.loads(sent.stdout)["body"]["id"]
        deadline = time.monotonic() + 60
        while "message" not in (told := opos("trace", event, *place, folder=tmp_path).stdout):
            assert time.monotonic() < deadline, told
        assert "sent on desk" in told
        again = opos("replay", event, *place, folder=tmp_path)
        assert again.returncode == 0, again.stderr
    assert [
        pid
        for pid in running
        if Path(f"/proc/{pid}/cmdline").exists() and b"java" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ] == []
    assert not (tmp_path / "emulators.json").exists()


@pytest.mark.parametrize("hangs", [False, True], ids=["refuses", "hangs"])
def test_while_the_store_is_unreachable_intake_answers_503_within_3_seconds(tmp_path: Path, *, hangs: bool) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if hangs:
            nobody.listen()
        (tmp_path / "opos.yaml").write_text(CONFIG)
        names = {
            **SECRETS, "OPOS_STORE": "firestore", "OPOS_BUS": "pubsub", "GOOGLE_CLOUD_PROJECT": "demo-none",
            "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{nobody.getsockname()[1]}",
            "OPOS_CONFIG": str(tmp_path / "opos.yaml"),
        }  # fmt: skip
        runtime.use(Runtime(Settings.from_environment(names)))
        intake = create_app("webhook_intake", str(function_source("webhook_intake"))).test_client()  # type: ignore[no-untyped-call]
        assert runtime.current().store  # the import and the client are the cold start's, not the answer's
        webhook = trouble(1, 1, "critical")
        began = time.monotonic()
        answer = intake.post("/webhooks/app", data=webhook.body, headers=signed(webhook))
        took = time.monotonic() - began
        runtime.use(None)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert took < 3


def test_without_gcloud_it_is_said_what_is_missing_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
    monkeypatch.setenv("PATH", str(bare))
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text(FLAGS)
    done = opos("up", "--backend", "emulators", folder=tmp_path)
    assert done.returncode == 2
    assert "gcloud" in done.stderr
    assert "gcloud components install" in done.stderr


def test_a_command_on_emulators_that_do_not_run_says_how_to_start_them(tmp_path: Path) -> None:
    done = opos("trace", "abc", "--data", str(tmp_path), "--backend", "emulators", folder=tmp_path)
    assert done.returncode == 1
    assert f"opos up --backend emulators --data {tmp_path}" in done.stderr


@pytest.mark.parametrize("part", ["cloud-firestore-emulator", "pubsub-emulator"])
def test_a_gcloud_without_its_emulators_is_told_which_part_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    for name in ("bin", "platform/cloud-firestore-emulator", "platform/pubsub-emulator"):
        (tmp_path / name).mkdir(parents=True)
    for program in ("gcloud", "java"):
        (tmp_path / "bin" / program).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert missing() == []
    (tmp_path / "platform" / part).rmdir()
    assert missing() == [part]
