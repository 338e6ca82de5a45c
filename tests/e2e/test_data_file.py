"""The data file of a bundle: taken away, damaged, backed up and restored, from the front door."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from opos.backups.restoration import restore
from opos.cli import main
from shared.adapters.sqlite.backup import write_backup
from shared.errors import DataFileDamaged, DeliveryError
from shared.health.failures import FAILURES
from tests.e2e.test_commands import called, opos
from tests.e2e.test_faults import alert, failures, minutes
from tests.e2e.test_intake import PAYLOAD, enqueue
from tests.support.bundle import CONFIG, SECRETS, Bundle
from tests.torture.bundles import embedded as running
from tests.torture.data_file import attacked, kept, send
from tests.torture.receiver import receiver


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    return embedded


@contextmanager
def restarted(bundle: Bundle) -> Iterator[Bundle]:
    """The same bundle as a new process, at the same time of its clock."""
    bundle.stop()
    again = Bundle(bundle.folder, clock=bundle.clock)
    again.start()
    try:
        yield again
    finally:
        again.stop()
        bundle.start()  # the fixture stops it


@pytest.mark.slow
@pytest.mark.parametrize("attack", ["rm opos.db", "mv restored.db opos.db", "rm opos.db-wal"])
def test_no_webhook_is_accepted_and_lost_when_the_file_of_a_running_bundle_is_taken(attack: str) -> None:
    outcome = attacked(attack)
    assert outcome.answers == {"503": 30}
    assert outcome.health == "fail"
    assert "data-file-replaced" in outcome.failures
    assert outcome.lost == 0


def test_a_file_that_is_gone_is_named_and_stops_the_pings_to_the_dead_mans_switch(bundle: Bundle) -> None:
    bundle.tick(minutes=1)
    (bundle.folder / "opos.db").unlink()
    answer = bundle.trouble("disk")
    assert (answer.status, answer.json["error"]["code"]) == (503, "data_file_replaced")
    assert answer.headers["retry-after"]
    assert failures(bundle)["data-file-replaced"] == "fail"
    assert [bundle.request("GET", path).status for path in ("/livez", "/readyz", "/health")] == [200, 503, 503]
    assert not (bundle.folder / "opos.db").exists()
    with restarted(bundle) as again:
        assert again.trouble("disk").status == 202
        assert failures(again) == {}


def with_a_damaged_event(bundle: Bundle) -> str:
    """The id of an event whose document a disk has damaged since it was handled."""
    event: str = bundle.trouble("disk").json["id"]
    bundle.settle()
    bundle.runtime.close()
    path = bundle.folder / "opos.db"
    content = path.read_bytes()
    body = rb"\"title\": \"Trouble disk\""
    assert body in content
    path.write_bytes(content.replace(body, body.replace(b"disk", b"\xff\xfe\xfd\xfc")))
    return event


@pytest.mark.slow
def test_a_damaged_file_is_named_as_such_and_notifies(bundle: Bundle) -> None:
    minutes(bundle, 1)  # the first sweep reads every document
    event = with_a_damaged_event(bundle)
    minutes(bundle, 2)
    assert failures(bundle) == {}  # nobody has read it
    with pytest.raises(DataFileDamaged):
        bundle.doc(f"events/{event}")
    minutes(bundle, 3)
    assert "data-file-damaged" in failures(bundle)
    assert "sweeper-stopped" not in failures(bundle)
    assert bundle.pages()[-1] == FAILURES["data-file-damaged"].title
    traced = opos("trace", event, *bundle.place, folder=bundle.folder)
    assert (traced.returncode, traced.stderr.splitlines()[0]) == (1, "The data file is damaged.")
    wrong = diagnosed(bundle)
    assert [failure["failure"] for failure in wrong].count("data-file-damaged") == 1
    assert wrong[0]["runbook"] == "docs/runbooks/data-file-damaged.md"


def diagnosed(bundle: Bundle) -> list[dict[str, Any]]:
    """What `opos doctor` lists."""
    wrong: list[dict[str, Any]] = json.loads(opos("doctor", "--json", *bundle.place, folder=bundle.folder).stdout)[
        "wrong"
    ]
    return wrong


@pytest.mark.slow
def test_a_file_damaged_in_all_its_pages_is_named_by_the_doctor_alone(bundle: Bundle) -> None:
    bundle.tick(minutes=1)
    bundle.runtime.close()
    path = bundle.folder / "opos.db"
    path.write_bytes(path.read_bytes()[:4096] + os.urandom(path.stat().st_size - 4096))
    assert {failure["failure"] for failure in diagnosed(bundle)} == {"data-file-damaged"}
    assert bundle.trouble("disk").status == 503
    assert failures(bundle)["data-file-damaged"] == "fail"
    listed = opos("alerts", "list", *bundle.place, folder=bundle.folder)
    assert (listed.returncode, listed.stderr.splitlines()[0]) == (1, "The data file is damaged.")


def test_a_file_that_others_can_read_is_a_warning(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it belonged to another user: a test that runs as root may change every mode."""
    bundle.tick(minutes=1)
    (bundle.folder / "opos.db-wal").chmod(0o644)
    monkeypatch.setattr("shared.adapters.sqlite.database.tighten", lambda _: None)
    assert failures(bundle) == {"data-file-exposed": "warn"}
    minutes(bundle, 2)
    raised = alert(bundle, "data-file-exposed")
    assert raised is not None
    assert raised["state"] == "firing"


HEARTBEAT = "\nheartbeats: {data: {every: 1d, backup: true}, job: {every: 1h, grace: 5m}}\n"


def test_a_missed_backup_is_an_alert_that_the_next_backup_resolves(bundle: Bundle, tmp_path: Path) -> None:
    bundle.clock.moment = datetime.now(UTC) - timedelta(days=1, minutes=12)
    bundle.configure("\nheartbeats: {data: {every: 1d, backup: true}}\n")
    bundle.tick(minutes=1)
    assert bundle.request("POST", "/webhooks/ping/data").status == 404
    bundle.clock.moment = datetime.now(UTC) - timedelta(minutes=6)
    bundle.tick()
    assert bundle.pages() == []  # a day without a tick was an outage, so the backup has its grace
    bundle.clock.moment = datetime.now(UTC)
    bundle.tick()
    assert bundle.pages() == ["Heartbeat missed: data (no ping yet)"]
    (tmp_path / "backups").mkdir()
    assert "verified" in called(bundle, "backup", str(tmp_path / "backups"))
    bundle.clock.moment = datetime.now(UTC)
    bundle.settle()
    (missed,) = bundle.docs("alerts")
    assert missed.data["state"] == "resolved"


def test_a_backup_that_fails_does_not_ping(bundle: Bundle, tmp_path: Path) -> None:
    (bundle.folder / "opos.yaml").write_text(f"{CONFIG}\n".replace("backup: {}", "data: {every: 1d, backup: true}"))
    with_a_damaged_event(bundle)
    with chdir(bundle.folder):
        done = CliRunner().invoke(main, ["backup", str(tmp_path / "backup.db"), "--data", "."])
    assert (done.exit_code, "is damaged" in done.output) == (1, True)
    assert not (tmp_path / "backup.db").exists()
    assert bundle.docs("heartbeats") == []


def test_no_secret_is_in_a_backup(bundle: Bundle, tmp_path: Path) -> None:
    for source in ("github", "stripe", "alertmanager", "slack", "lemon", "app"):
        bundle.send(source, {"type": "x", "data": {"severity": "critical", "title": source, "id": source}})
    assert enqueue(bundle, payload=PAYLOAD)[0] == 202
    bundle.request("POST", "/webhooks/ping/vault", headers={"authorization": f"Bearer {SECRETS['VAULT_TOKEN']}"})
    bundle.settle()
    bundle.tick(minutes=6)
    assert bundle.pages() != []
    write_backup(bundle.folder / "opos.db", tmp_path / "backup.db")
    content = (tmp_path / "backup.db").read_bytes()
    assert [name for name, value in SECRETS.items() if len(value) > 6 and value.encode() in content] == []
    assert b"(not stored)" in content


def test_a_restored_bundle_resends_nothing_on_its_own_and_blames_no_job_for_the_pause(
    bundle: Bundle, tmp_path: Path
) -> None:
    bundle.configure(HEARTBEAT)
    for number in range(3):
        bundle.trouble(f"old-{number}")
    bundle.settle()
    bundle.desk.faults = [DeliveryError("timeout")]
    bundle.trouble("on its way")
    bundle.settle()
    bundle.clock.advance(seconds=20)
    bundle.request("POST", "/webhooks/ping/job")
    bundle.desk.faults = [DeliveryError("timeout")] * 9
    bundle.tick(seconds=1)
    bundle.desk.faults = []
    write_backup(bundle.folder / "opos.db", tmp_path / "backup.db")
    assert bundle.trouble("later").status == 202
    bundle.stop()
    bundle.clock.advance(days=7)
    done = restore(tmp_path / "backup.db", bundle.folder / "opos.db", now=bundle.clock.now())
    assert (len(done.state.parked), done.state.events) == (1, 4)
    bundle.desk.sent.clear()
    bundle.start()
    bundle.configure(HEARTBEAT)
    minutes(bundle, 3)
    assert bundle.pages() == [FAILURES["pages-refused"].title]
    assert failures(bundle)["pages-refused"] == "warn"
    assert "1 message" in called(bundle, "retry")
    bundle.clock.moment = max(bundle.clock.now(), datetime.now(UTC))
    bundle.tick(minutes=1)
    assert "Trouble on its way" in bundle.pages()


@pytest.mark.slow
def test_a_running_bundle_is_backed_up_loses_its_file_and_is_rescued_as_the_runbook_says(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()

    def command(*words: str) -> "tuple[int, str]":
        done = opos(*words, "--data", str(data), "--config", str(data / "opos.yaml"), folder=tmp_path)
        return done.returncode, done.stdout + done.stderr

    with receiver() as phone, running(data, phone.url) as bundle:
        assert send(bundle, range(10)) == {"202": 10}
        assert command("backup", "backup.db")[0] == 0
        assert send(bundle, range(10, 20)) == {"202": 10}
        assert "Another opos is running" in command("restore", "backup.db")[1]
        (data / "opos.db").unlink()
        assert send(bundle, range(20, 30)) == {"503": 10}
        assert "data-file-replaced" in command("doctor")[1]
        assert "removed or replaced" in command("backup", "backup.db")[1]
        assert not (data / "opos.db").exists()
        rescue(data, tmp_path / "rescued.db")
        bundle.end()
        assert "20 events" in command("restore", "rescued.db")[1]
        bundle.start()
        assert kept(data, range(30)) == 20
        assert send(bundle, range(20, 30)) == {"202": 10}


def rescue(data: Path, target: Path) -> None:
    """Copy the files that a process still has open, as docs/runbooks/data-file-replaced.md does."""
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        name = ""
        with suppress(OSError):  # a process of another user, or one that has just ended
            name = str(descriptor.readlink())
        for end in ("", "-wal"):
            if name.removesuffix(" (deleted)") == str(data / f"opos.db{end}"):
                shutil.copy(descriptor, f"{target}{end}")
