"""Faults, injected for real one by one: each is named rightly, leads to its runbook, and clears by itself when mended."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from opos.bundle.ports import free_port
from shared.adapters.firestore.store import connect
from shared.health.failures import FAILURES
from tests.e2e.test_commands import opos
from tests.integration.test_channels import Mailbox, certificate
from tests.integration.test_disk_full import filled, mounted
from tests.support.bundle import Bundle
from tests.support.http_server import Quiet, served
from tests.support.operation_counter import CountingStore
from tests.support.project import ROOT
from tests.support.tcp_proxy import Proxy, proxied

RUNBOOKS = ROOT / "docs/runbooks"
DAY = timedelta(days=1)
Injected = AbstractContextManager[Callable[[], None]]
"""Within it the fault is there, until the function that it gives mends it."""


def failures(bundle: Bundle) -> dict[str, str]:
    """The status of each failure that the report names."""
    checks = bundle.request("GET", "/health").json["checks"].values()
    return {one["failure"]: one["status"] for several in checks for one in several if one["status"] != "pass"}


def alert(bundle: Bundle, failure: str) -> dict[str, Any] | None:
    found = [doc.data for doc in bundle.docs("alerts") if doc.data.get("labels", {}).get("alertname") == failure]
    return found[-1] if found else None


def minutes(bundle: Bundle, count: int) -> None:
    for _ in range(count):
        bundle.tick(minutes=1)


@contextmanager
def memory(bundle: Bundle) -> Iterator[Callable[[], None]]:
    bundle.configure("\nhealth: {memory_threshold_mb: 1}\n")
    yield lambda: bundle.configure("\nhealth: {}\n")


@contextmanager
def skewed_clock(bundle: Bundle) -> Iterator[Callable[[], None]]:
    wrong = [timedelta(seconds=90)]

    class Time(Quiet):
        def do_HEAD(self) -> None:
            self.send_response_only(200)
            self.send_header("date", format_datetime(datetime.now(UTC) + wrong[0], usegmt=True))
            self.end_headers()

    with served(Time) as port:
        bundle.configure(f"\nhealth: {{clock: 'http://127.0.0.1:{port}/'}}\n")
        yield lambda: wrong.__setitem__(0, timedelta())


@contextmanager
def expired_certificate(bundle: Bundle) -> Iterator[Callable[[], None]]:
    context = certificate(bundle.folder, "localhost", (-2 * DAY, -DAY))
    with tls_server(bundle, context) as renew:
        yield lambda: renew(certificate(bundle.folder, "localhost", (-DAY, 400 * DAY)))


@contextmanager
def tls_server(bundle: Bundle, context: Any) -> Iterator[Callable[[Any], None]]:
    using = [context]
    with closing_server() as server:
        bundle.configure(f"\nhealth: {{certificates: ['localhost:{server.getsockname()[1]}']}}\n")

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                    using[0].wrap_socket(caller, server_side=True).close()
                except OSError:
                    if server.fileno() < 0:
                        return

        threading.Thread(target=serve, daemon=True).start()
        yield lambda renewed: using.__setitem__(0, renewed)


@contextmanager
def closing_server() -> Iterator[Any]:
    import socket

    server = socket.create_server(("localhost", 0))
    yield server
    server.close()


@contextmanager
def quarantined(bundle: Bundle) -> Iterator[Callable[[], None]]:
    assert bundle.send("app", {"type": "x", "data": {"severity": "critical"}}).status == 202

    def mend() -> None:
        (doc,) = [one for one in bundle.docs("events") if one.data["quarantine"]]
        bundle.forget(doc)

    yield mend


TOLD: dict[str, Callable[[Bundle], Injected]] = {
    "memory-high": memory, "clock-skewed": skewed_clock, "certificate-ends": expired_certificate,
    "events-quarantined": quarantined,
}  # fmt: skip


@pytest.mark.parametrize("failure", TOLD)
def test_a_fault_is_named_told_once_with_its_runbook_and_clears_when_mended(bundle: Bundle, failure: str) -> None:
    minutes(bundle, 1)
    assert failures(bundle) == {}
    with TOLD[failure](bundle) as mend:
        minutes(bundle, 11)
        assert set(failures(bundle)) == {failure}
        told = alert(bundle, failure)
        assert told is not None
        assert (told["state"], told["count"], told["title"]) == ("firing", 1, FAILURES[failure].title)
        assert f"docs/runbooks/{failure}.md" in told["summary"]
        assert (RUNBOOKS / f"{failure}.md").exists()
        mend()
        minutes(bundle, 11)
        assert failures(bundle) == {}
        ended = alert(bundle, failure)
        assert ended is not None
        assert ended["state"] == "resolved"


@contextmanager
def checker(bundle: Bundle) -> Iterator[list[str]]:
    """An external dead-man's switch, with what it heard."""
    heard: list[str] = []

    class Switch(Quiet):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.answer(200)

        do_POST = do_GET  # noqa: N815

    with served(Switch) as port:
        bundle.runtime.settings.environment["CHECKER_URL"] = f"http://127.0.0.1:{port}/alive"  # type: ignore[index]
        yield heard


def test_a_router_that_crashes_on_each_message_is_named_and_told_by_silence_since_it_cannot_tell_itself(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise ZeroDivisionError

    with checker(bundle) as heard:
        bundle.configure("\nchecker: {ping: CHECKER_URL}\n")
        minutes(bundle, 1)
        assert len(heard) == 1
        with monkeypatch.context() as patch:
            patch.setattr("functions.alert_router.handler._decide", crash)
            bundle.trouble("disk")
            minutes(bundle, 4)
            assert failures(bundle)["events-unhandled"] == "fail"
            assert bundle.request("GET", "/health").status == 503
            assert bundle.pages() == []
            silent = len(heard)
            minutes(bundle, 1)
            assert len(heard) == silent
        minutes(bundle, 30)
        assert "Trouble disk" in " ".join(bundle.pages())
        assert "events-unhandled" not in failures(bundle)
        assert len(heard) > silent
        told = alert(bundle, "events-unhandled")
        assert told is not None
        assert told["state"] == "resolved"


def test_messages_that_stay_dead_are_named_until_they_are_replayed(
    embedded: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = embedded  # the command that replays needs a bus to publish on

    def crash(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("functions.alert_router.handler._decide", crash)
        event = bundle.trouble("disk").json["id"]
        while not bundle.docs("dead_letters"):
            minutes(bundle, 5)
    minutes(bundle, 3)
    assert failures(bundle)["messages-dead"] == "warn"
    doctor = opos("doctor", *bundle.place, "--json", folder=bundle.folder)
    assert "messages-dead" in [one["failure"] for one in json.loads(doctor.stdout)["wrong"]]
    for doc in bundle.docs("dead_letters"):
        replayed = doc.data["event"] or event
        assert opos("replay", replayed, *bundle.place, folder=bundle.folder).returncode == 0
    bundle.settle()
    minutes(bundle, 20)
    assert "messages-dead" not in failures(bundle)


def test_a_mail_server_that_refuses_is_named_and_pages_that_cannot_leave_it_are_too(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.services.health.checks.external.FRESH", -1.0)
    port = free_port()
    bundle.runtime.settings.environment["SMTP_URL"] = f"smtp://127.0.0.1:{port}"  # type: ignore[index]
    bundle.configure(
        "\nchannels: {desk: {console: true}, inbox: {console: true}, mail: {email: SMTP_URL, to: me@example.com}}\n"
        "route: {channel: mail}\n"
    )
    bundle.trouble("disk")
    bundle.settle()
    minutes(bundle, 8)
    assert failures(bundle) == {"channel-unreachable": "warn", "outbox-stuck": "fail"}
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        minutes(bundle, 20)
        assert failures(bundle) == {}
    finally:
        server.stop()
    assert any("Trouble disk" in str(mail["subject"]) for mail in box.mails)


@contextmanager
def between(bundle: Bundle) -> Iterator[Proxy | None]:
    """A proxy between the bundle and Firestore's emulator; None on SQLite."""
    if not bundle.firestore:
        yield None
        return
    google = json.loads((bundle.folder / "emulators.json").read_text())
    with proxied(google["FIRESTORE_EMULATOR_HOST"]) as proxy:
        store = CountingStore(connect(google["GOOGLE_CLOUD_PROJECT"], "(default)", proxy.address))
        bundle.runtime.__dict__["store"] = store
        yield proxy


@contextmanager
def locked(bundle: Bundle) -> Iterator[None]:
    """Another process's backup, say, that has taken the file for itself."""
    other = sqlite3.connect(bundle.folder / "opos.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_a_store_that_cannot_be_reached_is_named_within_its_timeout_and_clears_at_once(bundle: Bundle) -> None:
    with between(bundle) as proxy:
        minutes(bundle, 1)
        assert failures(bundle) == {}
        if proxy:
            proxy.hears.clear()
        with nullcontext() if proxy else locked(bundle):
            answer = bundle.request("GET", "/readyz")
            assert answer.status == 503
            (check,) = answer.json["checks"]["store:responseTime"]
            assert (check["failure"], check["status"]) == ("store-unreachable", "fail")
            assert check["observedValue"] < 3000
            assert failures(bundle)["store-unreachable"] == "fail"
            assert bundle.request("GET", "/livez").status == 200
            assert bundle.trouble("disk").status == 503
        if proxy:
            proxy.hears.set()
        assert failures(bundle) == {}
        assert bundle.trouble("disk").status in {200, 202}


def test_a_slow_store_is_named_while_it_still_answers(bundle: Bundle) -> None:
    with between(bundle) as proxy:
        bundle.configure("\nhealth: {thresholds: {store_answer: 150ms}}\n")
        minutes(bundle, 1)
        if proxy:
            proxy.delay = 0.1
            assert failures(bundle) == {"store-slow": "warn"}
            proxy.delay = 0.0
        else:
            with locked(bundle):
                waiting: list[dict[str, str]] = []
                asking = threading.Thread(target=lambda: waiting.append(failures(bundle)))
                asking.start()
                asking.join(0.4)
            asking.join()
            assert waiting == [{"store-slow": "warn"}]
        assert failures(bundle) == {}


def test_a_full_disk_is_named_nothing_accepted_is_lost_and_it_clears_at_once(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=16) as disk:
        bundle = Bundle(disk)
        bundle.start()
        try:
            bundle.configure("\nhealth: {thresholds: {disk_free_mb: 4}}\n")
            minutes(bundle, 1)
            assert failures(bundle) == {}
            assert bundle.trouble("before").status == 202
            with filled(disk):
                answers = [bundle.trouble(f"during-{number}") for number in range(20)]
                assert {one.status for one in answers[-5:]} == {503}
                assert {one.json["error"]["code"] for one in answers[-5:]} == {"disk_full"}
                assert failures(bundle)["disk-full"] == "fail"
                assert bundle.request("GET", "/readyz").status == 503
            assert bundle.trouble("after").status == 202
            bundle.settle()
            minutes(bundle, 3)
            assert failures(bundle) == {}
            assert {"Trouble before", "Trouble after"} <= set(bundle.pages())
            accepted = sum(one.status == 202 for one in answers)
            assert len([doc for doc in bundle.docs("events") if doc.data["source"] == "app"]) == accepted + 2
        finally:
            bundle.stop()


def test_a_disk_that_is_nearly_full_is_told_while_it_can_be(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=16) as disk:
        bundle = Bundle(disk)
        bundle.start()
        try:
            bundle.configure("\nhealth: {thresholds: {disk_free_mb: 5}}\n")
            with filled(disk, but=4 * 2**20):
                minutes(bundle, 3)
                told = alert(bundle, "disk-full")
                assert told is not None
                assert told["state"] == "firing"
                assert bundle.pages() == [FAILURES["disk-full"].title]
            minutes(bundle, 2)
            told = alert(bundle, "disk-full")
            assert told is not None
            assert told["state"] == "resolved"
        finally:
            bundle.stop()
