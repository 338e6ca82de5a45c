"""Injects real faults: opos names each failure, links its runbook, and resolves it when the fault is gone."""

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
from tests.support import commands
from tests.support.bundle import Bundle
from tests.support.http_server import Quiet, served
from tests.support.operation_counter import CountingStore
from tests.support.project import ROOT
from tests.support.tcp_proxy import Proxy, proxied

RUNBOOKS = ROOT / "docs/runbooks"
DAY = timedelta(days=1)
Injected = AbstractContextManager[Callable[[], None]]
"""Injects a fault until the function that it yields fixes it."""


def failures(bundle: Bundle) -> dict[str, str]:
    """The status of each failure that the report names."""
    checks = bundle.request("GET", "/health").json["checks"].values()
    return {check["failure"]: check["status"] for several in checks for check in several if check["status"] != "pass"}


def alert(bundle: Bundle, failure: str) -> dict[str, Any] | None:
    alerts = [doc.data for doc in bundle.docs("alerts") if doc.data.get("labels", {}).get("alertname") == failure]
    return alerts[-1] if alerts else None


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

    def fix() -> None:
        (doc,) = [event for event in bundle.docs("events") if event.data["quarantine"]]
        bundle.forget(doc)

    yield fix


TOLD: dict[str, Callable[[Bundle], Injected]] = {
    "memory-high": memory, "clock-skewed": skewed_clock, "certificate-ends": expired_certificate,
    "events-quarantined": quarantined,
}  # fmt: skip


@pytest.mark.parametrize("failure", TOLD)
def test_a_fault_raises_one_alert_with_its_runbook_which_resolves_when_it_is_fixed(
    bundle: Bundle, failure: str
) -> None:
    minutes(bundle, 1)
    assert failures(bundle) == {}
    with TOLD[failure](bundle) as fix:
        minutes(bundle, 11)
        assert set(failures(bundle)) == {failure}
        raised = alert(bundle, failure)
        assert raised is not None
        assert (raised["state"], raised["count"], raised["title"]) == ("firing", 1, FAILURES[failure].title)
        assert f"docs/runbooks/{failure}.md" in raised["summary"]
        assert (RUNBOOKS / f"{failure}.md").exists()
        fix()
        minutes(bundle, 11)
        assert failures(bundle) == {}
        ended = alert(bundle, failure)
        assert ended is not None
        assert ended["state"] == "resolved"


@contextmanager
def dead_mans_switch(bundle: Bundle) -> Iterator[list[str]]:
    """A dead man's switch, with the pings that it received."""
    pings: list[str] = []

    class Switch(Quiet):
        def do_GET(self) -> None:
            pings.append(self.path)
            self.answer(200)

        do_POST = do_GET  # noqa: N815

    with served(Switch) as port:
        bundle.runtime.settings.environment["CHECKER_URL"] = f"http://127.0.0.1:{port}/alive"  # type: ignore[index]
        yield pings


def test_a_router_that_crashes_on_each_message_is_named_and_stops_the_pings_to_the_dead_mans_switch(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise ZeroDivisionError

    with dead_mans_switch(bundle) as pings:
        bundle.configure("\nchecker: {ping: CHECKER_URL}\n")
        minutes(bundle, 1)
        assert len(pings) == 1
        with monkeypatch.context() as patch:
            patch.setattr("functions.alert_router.handler._decide", crash)
            bundle.trouble("disk")
            minutes(bundle, 4)
            assert failures(bundle)["events-unhandled"] == "fail"
            assert bundle.request("GET", "/health").status == 503
            assert bundle.pages() == []
            silent = len(pings)
            minutes(bundle, 1)
            assert len(pings) == silent
        minutes(bundle, 30)
        assert "Trouble disk" in " ".join(bundle.pages())
        assert "events-unhandled" not in failures(bundle)
        assert len(pings) > silent
        raised = alert(bundle, "events-unhandled")
        assert raised is not None
        assert raised["state"] == "resolved"


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
    assert "messages-dead" in [failure["failure"] for failure in json.loads(doctor.stdout)["wrong"]]
    for doc in bundle.docs("dead_letters"):
        replayed = doc.data["event"] or event
        assert commands.opos("replay", replayed, *bundle.place, folder=bundle.folder).returncode == 0
    bundle.settle()
    minutes(bundle, 20)
    assert "messages-dead" not in failures(bundle)


def test_an_unreachable_mail_server_is_named_and_so_are_its_stuck_notifications(
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
    """Another process, such as a backup, has locked the file."""
    other = sqlite3.connect(bundle.folder / "opos.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.slow
def test_an_unreachable_store_is_named_within_its_timeout_and_recovers_immediately(bundle: Bundle) -> None:
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
            assert check["observedValue"] < 10_000
            assert failures(bundle)["store-unreachable"] == "fail"
            assert bundle.request("GET", "/livez").status == 200
            assert bundle.trouble("disk").status == 503
        if proxy:
            proxy.hears.set()
        assert failures(bundle) == {}
        assert bundle.trouble("disk").status in {200, 202}


def test_a_slow_store_is_named_while_it_still_answers(bundle: Bundle) -> None:
    with between(bundle) as proxy:
        bundle.configure("\nhealth: {thresholds: {store_answer: 300ms}}\n")
        minutes(bundle, 1)
        if proxy:
            proxy.delay = 0.2
            assert failures(bundle)["store-slow"] == "warn"
            proxy.delay = 0.0
        else:
            with locked(bundle):
                waiting: list[dict[str, str]] = []
                asking = threading.Thread(target=lambda: waiting.append(failures(bundle)))
                asking.start()
                asking.join(0.6)
            asking.join()
            assert waiting == [{"store-slow": "warn"}]
        assert any(failures(bundle) == {} for _ in range(5))  # a look may be slow on a busy machine


def test_a_full_disk_is_named_loses_no_accepted_event_and_recovers_immediately(tmp_path: Path) -> None:
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
                assert {answer.status for answer in answers[-5:]} == {503}
                assert {answer.json["error"]["code"] for answer in answers[-5:]} == {"disk_full"}
                assert failures(bundle)["disk-full"] == "fail"
                assert bundle.request("GET", "/readyz").status == 503
            assert bundle.trouble("after").status == 202
            bundle.settle()
            minutes(bundle, 3)
            assert failures(bundle) == {}
            assert {"Trouble before", "Trouble after"} <= set(bundle.pages())
            accepted = sum(answer.status == 202 for answer in answers)
            assert len([doc for doc in bundle.docs("events") if doc.data["source"] == "app"]) == accepted + 2
        finally:
            bundle.stop()


def test_an_almost_full_disk_notifies_while_it_still_can(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", mebibytes=16) as disk:
        bundle = Bundle(disk)
        bundle.start()
        try:
            bundle.configure("\nhealth: {thresholds: {disk_free_mb: 5}}\n")
            with filled(disk, but=4 * 2**20):
                minutes(bundle, 3)
                raised = alert(bundle, "disk-full")
                assert raised is not None
                assert raised["state"] == "firing"
                assert bundle.pages() == [FAILURES["disk-full"].title]
            minutes(bundle, 2)
            raised = alert(bundle, "disk-full")
            assert raised is not None
            assert raised["state"] == "resolved"
        finally:
            bundle.stop()
