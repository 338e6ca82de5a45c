"""The operator's command line, as a process."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from opos.cli import main
from opos.cloud.firestore_indexes import COMMAND, FILE
from shared.values.local_time import local_time
from tests.support import commands
from tests.support.bundle import CONFIG, FLAGS, SECRETS, Bundle
from tests.support.console import link_path
from tests.support.project import ROOT
from tests.torture.bundles import embedded as embedded_bundle
from tests.torture.receiver import receiver
from tests.torture.senders import SECRET, Delivery, post, signed, until


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """The commands look at the file from processes of their own."""
    return embedded


def opos(
    *arguments: str, folder: Path, secrets: dict[str, str] | None = None, given: bytes = b""
) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("OPOS_") and name not in SECRETS}
    done = subprocess.run(
        [sys.executable, "-m", "opos", *arguments], check=False, capture_output=True, input=given, cwd=folder, timeout=600,
        env={**base, **(SECRETS if secrets is None else secrets), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text(FLAGS)
    return tmp_path


def test_verify_is_silent_about_nothing_and_exits_0_when_all_is_good(folder: Path) -> None:
    done = opos("verify", folder=folder)
    good, warning = done.stdout.splitlines()
    assert (done.returncode, good) == (0, "opos.yaml and flags.yaml are valid, and every secret is set.")
    assert warning.endswith(
        "channels: expected a channel that reaches your phone, such as ntfy; found only the console"
    )


def test_verify_names_every_fault_and_exits_2(folder: Path) -> None:
    (folder / "flags.yaml").write_text("flags: {a: {enabled: on}}\n")
    done = opos("verify", folder=folder, secrets={})
    assert done.returncode == 2
    assert len([line for line in done.stdout.splitlines() if not line.startswith("warning:")]) == 9 + 1
    machine = commands.opos("verify", "--json", folder=folder, secrets={})
    assert machine.returncode == 2
    assert [fault["line"] for fault in json.loads(machine.stdout)["faults"]][-1] == 1


def test_verify_says_how_to_renew_the_indexes_that_kinds_need_in_a_deployment(folder: Path) -> None:
    (folder / "infra").mkdir()
    (folder / FILE).write_text((ROOT / FILE).read_text())
    done = commands.opos("verify", folder=folder)
    assert done.returncode == 2
    assert f"expected the indexes of the kinds in company/; found others (run `{COMMAND}`)" in done.stdout
    shutil.copytree(ROOT / "company", folder / "company", ignore=shutil.ignore_patterns("__pycache__"))
    assert commands.opos("verify", folder=folder).returncode == 0


def test_up_refuses_to_start_on_faults_and_names_them_all(folder: Path) -> None:
    done = opos("up", folder=folder, secrets={})
    assert done.returncode == 2
    assert "opos.yaml:5: sources.github.secrets.0" in done.stderr
    assert "hint:" in done.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["trace"], ["up", "--port", "0"], ["send"]])
def test_wrong_usage_exits_2(folder: Path, arguments: list[str]) -> None:
    assert commands.opos(*arguments, folder=folder).returncode == 2


@pytest.mark.slow
def test_help_names_every_command(folder: Path) -> None:
    told = opos("--help", folder=folder).stdout
    for name in (
        "up",
        "demo",
        "send",
        "trace",
        "replay",
        "export",
        "import",
        "route",
        "alerts",
        "silence",
        "focus",
        "noise",
        "verify",
        "cost",
        "console",
    ):
        assert f"\n  {name} " in told
        assert opos(name, "--help", folder=folder).returncode == 0


def trace(bundle: Bundle, event: str) -> str:
    done = commands.opos("trace", event, "--data", ".", folder=bundle.folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_trace_shows_the_whole_way_of_an_event_by_the_beginning_of_its_id(bundle: Bundle) -> None:
    event = bundle.trouble("disk").json["id"]
    assert "(accepted)" in called(bundle, "trace", event)
    bundle.settle()
    told = trace(bundle, event[:10])
    for part in (
        event,
        "signature verified",
        "page: critical and new",
        "critical firing, seen 1x",
        "sent on desk, attempt 1",
    ):
        assert part in told
    machine = json.loads(commands.opos("trace", event, "--json", "--data", ".", folder=bundle.folder).stdout)
    assert machine["handled"]["alert_router"]["decisions"][0]["path"] == "page"


def test_trace_of_an_unknown_event_says_where_its_id_is_found_and_exits_1(bundle: Bundle) -> None:
    done = commands.opos("trace", "abcdef", "--data", ".", folder=bundle.folder)
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, 'No event matches "abcdef".')


def test_send_signs_as_the_sender_would(bundle: Bundle) -> None:
    payload = json.dumps({"id": "evt_9", "type": "customer.updated", "data": {"object": {"id": "cus_1"}}}).encode()
    bundle.clock.moment = datetime.now(UTC)
    done = opos("send", "stripe", "-", "--url", bundle.url, "--json", folder=bundle.folder, given=payload)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, 202)
    done = opos("send", "nobody", "-", "--url", bundle.url, folder=bundle.folder, given=b"{}")
    assert done.returncode == 2
    assert "expected a source of opos.yaml (github, stripe," in done.stderr


def test_replay_reads_the_event_again_and_lifts_its_quarantine(bundle: Bundle) -> None:
    event = bundle.send("app", {"type": "trouble", "data": {"severity": "critical", "name": "Disk full"}}).json["id"]
    bundle.settle()
    assert bundle.doc(f"events/{event}")["quarantine"]
    mended = CONFIG.replace("title: data.title, severity", "title: data.name, severity")
    (bundle.folder / "opos.yaml").write_text(mended)
    done = commands.opos("replay", event, "--data", ".", folder=bundle.folder)
    assert done.returncode == 0, done.stderr
    bundle.clock.moment = datetime.now(UTC)
    bundle.settle()
    assert bundle.pages() == ["Disk full"]
    assert bundle.doc(f"events/{event}")["quarantine"] is None
    assert len(bundle.doc(f"events/{event}")["handled"]) == 2


def test_replay_of_a_dead_event_puts_its_dead_letter_away(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    event = bundle.trouble("disk").json["id"]
    real = bundle.pump.push
    monkeypatch.setattr(bundle.pump, "push", lambda name, *rest: 500 if name == "alert_router" else real(name, *rest))
    bundle.tick(minutes=1)
    for _ in range(5):
        bundle.settle()
        bundle.clock.advance(minutes=10)
    bundle.settle()
    assert len(bundle.docs("dead_letters")) == 1
    monkeypatch.setattr(bundle.pump, "push", real)
    assert commands.opos("replay", event[:8], "--data", ".", folder=bundle.folder).returncode == 0
    bundle.clock.moment = datetime.now(UTC)
    bundle.settle()
    assert "Trouble disk" in bundle.pages()
    assert (bundle.docs("dead_letters"), bundle.doc(f"events/{event}")["state"]) == ([], "handled")


def test_console_prints_a_link_that_opens_the_console(bundle: Bundle) -> None:
    bundle.clock.moment = datetime.now(UTC)
    done = opos("console", "--url", bundle.url, "--data", ".", folder=bundle.folder)
    path = done.stdout.strip().removeprefix(bundle.url)
    assert bundle.request("POST", path).status == 303
    assert bundle.request("POST", path).status == 410


def test_sessions_of_the_console_are_listed_and_revoked_by_command(bundle: Bundle) -> None:
    bundle.clock.moment = datetime.now(UTC)
    path, agent = link_path(bundle.runtime.context()), {"user-agent": "Mozilla/5.0 (iPhone) FxiOS/145 \x1b[2J"}
    phone = bundle.request("POST", path, headers=agent).headers["set-cookie"].partition(";")[0]
    desk = bundle.signed_in()["cookie"]

    def run(*arguments: str) -> str:
        return CliRunner().invoke(main, ["console", *arguments, *bundle.place], env=SECRETS).output

    listed = json.loads(run("--sessions", "--json"))
    assert {session["browser"] for session in listed} == {"Firefox on iPhone", "Firefox on Linux"}
    hint = run("--revoke", "x").splitlines()[-1]
    assert re.fullmatch(rf"hint: `opos console --sessions .*--data {bundle.folder}` shows the ids.", hint)
    (id,) = [session["id"] for session in listed if session["browser"] == "Firefox on iPhone"]
    assert run("--revoke", id[:8]) == "Ended 1 session.\n"
    assert [bundle.request("GET", "/", headers={"cookie": cookie}).status for cookie in (phone, desk)] == [401, 200]
    assert id[:8] not in run("--sessions")
    assert run("--revoke", "all") == "Ended 1 session.\n"
    assert bundle.request("GET", "/", headers={"cookie": desk}).status == 401
    assert run("--sessions") == "No session is open.\n"


def test_the_demo_tells_its_story_from_an_empty_folder(tmp_path: Path) -> None:
    done = opos("demo", "--once", "--port", "18996", folder=tmp_path, secrets={})
    assert done.returncode == 0, done.stdout + done.stderr
    for told in ("NOTIFIED you", "ONE DIGEST with 5 items", "200 duplicate", "401 unauthorized", "QUARANTINED", "ACKNOWLEDGED",
                 "/flags/new_checkout", "GET /health"):  # fmt: skip
        assert told in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_nothing_secret_reaches_the_log_of_a_running_bundle(tmp_path: Path) -> None:
    body = json.dumps({"type": "x", "data": {"title": "T", "severity": "critical", "password": "planted-body"}})
    delivery = Delivery("d1", body.encode())
    signed_headers = signed(delivery)
    with receiver() as phone, embedded_bundle(tmp_path, phone.url) as bundle:
        planted = {
            "authorization": "Bearer planted-token",
            "cookie": "planted-cookie",
            "x-forwarded-for": "planted-address",
        }
        forged = {**signed_headers, **planted, "webhook-signature": "v1,planted"}
        assert post(bundle.port, delivery.body, {**signed_headers, **planted})[0] == 202
        assert post(bundle.port, delivery.body, forged)[0] == 401
        for path in ("/ack/planted-link", "/webhooks/ping/x?token=planted-query", "/console/planted-link"):
            post(bundle.port, b"", planted, path=path, method="GET")
        until(lambda: "T" in phone.arrivals, seconds=60, what="the page")
    log = (tmp_path / "log").read_text()
    assert "accepted" in log
    for secret in ("planted", "/console/", SECRET, phone.url, signed_headers["webhook-signature"]):
        assert secret not in log


def test_a_port_in_use_is_named_and_another_proposed(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = opos("up", "--port", str(port), folder=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"Cannot listen on 127.0.0.1:{port}: Address already in use.", "hint: Choose another port with --port.",
    ]  # fmt: skip


def test_a_second_bundle_on_the_same_data_is_refused(bundle: Bundle) -> None:
    from opos.bundle.data_folder import lock

    held = lock(bundle.folder)
    done = opos("up", "--data", ".", "--port", "18995", folder=bundle.folder)
    held.close()
    assert done.returncode == 1
    assert "Another opos is running" in done.stderr


def called(bundle: Bundle, *arguments: str) -> str:
    """What a command prints, in this process; `doctor` configures the logging of its process, so it gets its own."""
    if arguments[0] == "doctor":
        return opos(*arguments, "--data", ".", folder=bundle.folder).stdout
    with chdir(bundle.folder):
        result = CliRunner().invoke(main, [*arguments, "--data", "."], env=SECRETS)
    assert result.exit_code == 0, result.output
    return result.stdout


STAMP = re.compile(r"\d\d:\d\d:\d\d")
"""A time with seconds, as stored times have it; a person reads `02:57`."""
UTC_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def with_history(bundle: Bundle) -> tuple[str, str]:
    """An event that notified, a held one, a digest, a silence and a focus block, in the last hours; the two events."""
    now = datetime.now(UTC)
    bundle.clock.moment = now - timedelta(hours=3)
    notified = bundle.trouble("disk", delivery="d1").json["id"]
    bundle.trouble("cpu", severity="warning", delivery="d2")
    bundle.settle()
    bundle.tick(minutes=6)
    called(bundle, "silence", "add", "incident=mem", "--for", "26h", "--why", "move")
    called(bundle, "focus", "2h")
    bundle.clock.moment = datetime.now(UTC)
    held = bundle.trouble("mem", delivery="d3").json["id"]
    bundle.trouble("fan", severity="warning", delivery="d4")
    bundle.settle()
    return notified, held


def test_people_read_local_times_and_programs_read_utc(bundle: Bundle) -> None:
    notified, held = with_history(bundle)
    alert = next(doc.id for doc in bundle.store.query("alerts") if doc.data["title"] == "Trouble disk")
    id = next(doc.id for doc in bundle.store.query("digests"))
    commands = [
        ["alerts", "list"], ["alerts", "snooze", alert, "30h"], ["silence", "list"], ["focus"], ["trace", notified],
        ["trace", held], ["digest", "list"], ["digest", "show", id], ["digest", "explain", id], ["digest", "explain"],
        ["replay", held, "--dry-run"], ["route", "explain", held], ["route", "what-if", "--config", "opos.yaml"],
        ["noise"], ["review"], ["slo"], ["doctor"], ["silence", "add", "a=b", "--for", "2h", "--why", "c"], ["retry"],
    ]  # fmt: skip
    shown = {" ".join(line): called(bundle, *line) for line in commands}
    assert [name for name, text in shown.items() if not text or STAMP.search(text)] == []
    received = bundle.doc(f"events/{notified}")["received_at"]
    local = local_time(received, ZoneInfo("Europe/Berlin"), datetime.now(UTC))
    assert f"received  {local} (3 h ago)" in shown[f"trace {notified}"]
    assert "held until" in shown[f"trace {held}"]
    assert "(in 1 day)" in shown["silence list"]
    for line in (["alerts", "list"], ["silence", "list"], ["focus"], ["trace", held], ["digest", "list"]):
        machine = called(bundle, *line, "--json")
        stamps = re.findall(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\" ]*", machine)
        assert stamps != []
        assert [stamp for stamp in stamps if not UTC_STAMP.match(stamp)] == []


def test_without_a_configuration_times_are_utc(bundle: Bundle) -> None:
    event = bundle.trouble("disk", delivery="d1").json["id"]
    (bundle.folder / "opos.yaml").unlink()
    received = bundle.doc(f"events/{event}")["received_at"]
    assert f"received  {local_time(received, UTC, datetime.now(UTC))} (" in called(bundle, "trace", event)
