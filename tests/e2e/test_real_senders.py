"""Senders that nobody here wrote, unmodified, over real HTTP."""

import importlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pagerduty
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from werkzeug.serving import make_server

from opos.bundle.gateway import gateway
from opos.bundle.ports import free_port
from shared.errors import Unavailable
from tests.support import requirements as needs
from tests.support.bundle import SECRETS, Bundle

ALERTMANAGER_CONFIG = """
route:
  receiver: opos
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: opos
    webhook_configs:
      - url: {url}/webhooks/alertmanager
        send_resolved: true
        http_config: {{authorization: {{type: Bearer, credentials: am-token}}}}
    pagerduty_configs:
      - url: {url}/webhooks/v2/enqueue
        routing_key: {routing_key}
        severity: critical
        send_resolved: true
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Bundle]:
    """A bundle whose clock shows the real time, since the senders live in it."""
    yield from running_now(Bundle(tmp_path))


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=needs.emulators)])
def live_on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bundle]:
    yield from running_now(Bundle(tmp_path, firestore=request.param == "firestore"))


def running_now(running: Bundle) -> Iterator[Bundle]:
    running.clock.moment = datetime.now(UTC)
    running.start()
    yield running
    running.stop()


def events_client(name: str) -> Any:
    if name == "pagerduty":
        return pagerduty.EventsApiV2Client(SECRETS["ROUTING_KEY"])
    with pytest.warns(UserWarning, match="deprecated"):
        pdpyras = importlib.import_module("pdpyras")
    return pdpyras.EventsAPISession(SECRETS["ROUTING_KEY"])


@contextmanager
def over_tls(bundle: Bundle, folder: Path) -> Iterator[str]:
    """*bundle* behind https, which PagerDuty's client insists on, with a certificate of this test's own."""
    certificate, key = self_signed("localhost")
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    files = (str(folder / "cert.pem"), str(folder / "key.pem"))
    server = make_server("localhost", 0, gateway(bundle.functions), threaded=True, ssl_context=files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def self_signed(name: str) -> tuple[bytes, bytes]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("client", ["pdpyras", "pagerduty"])
def test_a_pagerduty_events_client_triggers_acknowledges_and_resolves(
    live: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "cert.pem"))
    with over_tls(live, tmp_path) as url, events_client(client) as session:
        session.url = f"{url}/webhooks"
        key = session.trigger("Disk full", "db-1", severity="critical", dedup_key="disk")
        live.settle()
        assert (key, live.pages()) == ("disk", ["Disk full"])
        session.acknowledge(key)
        live.settle()
        assert live.docs("alerts")[0].data["state"] == "acknowledged"
        session.resolve(key)
        live.settle()
        assert live.docs("alerts")[0].data["state"] == "resolved"


@contextmanager
def alertmanager(folder: Path, url: str) -> Iterator[str]:
    config = folder / "alertmanager.yml"
    config.write_text(ALERTMANAGER_CONFIG.format(url=url, routing_key=SECRETS["ROUTING_KEY"]))
    port = free_port()
    command = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder}/am"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    with (folder / "am.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        base = f"http://127.0.0.1:{port}"
        until(lambda: is_ready(base), what=(folder / "am.log").read_text)
        yield base
    finally:
        process.terminate()
        process.wait(60)


def is_ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}/-/ready").status_code == 200
    except httpx.TransportError:
        return False


def until(holds: Callable[[], object], *, what: Callable[[], str] = lambda: "", seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s; {what()}"
        time.sleep(0.05)


@needs.alertmanager
def test_debians_alertmanager_fires_and_resolves_through_both_its_receivers(live: Bundle, tmp_path: Path) -> None:
    def alerts() -> dict[str, str]:
        live.settle()
        return {doc.data["source"]: doc.data["state"] for doc in live.docs("alerts")}

    alert = {"labels": {"alertname": "DiskFull", "severity": "critical"}, "annotations": {"summary": "97 %"}}
    with alertmanager(tmp_path, live.url) as base:
        httpx.post(f"{base}/api/v2/alerts", json=[alert]).raise_for_status()
        until(
            lambda: alerts() == {"alertmanager": "firing", "pagerduty": "firing"}, what=(tmp_path / "am.log").read_text
        )
        over = {**alert, "endsAt": datetime.now(UTC).isoformat()}
        httpx.post(f"{base}/api/v2/alerts", json=[over]).raise_for_status()
        until(lambda: alerts() == {"alertmanager": "resolved", "pagerduty": "resolved"})
    assert sorted(live.pages()) == ["DiskFull: 97 %", "[FIRING:1] DiskFull (critical)"]
    assert [event.data["quarantine"] for event in live.docs("events")] == [None] * 4


@needs.alertmanager
def test_a_storm_through_debians_alertmanager_is_a_few_pages_and_its_end_closes_every_alert(
    live_on_both: Bundle, tmp_path: Path
) -> None:
    """As Prometheus does it: every alert again and again while it fires, then once with its end.

    Alertmanager gives up a notification after ten seconds, so a storm that the emulator cannot take never ends.
    """
    bundle = live_on_both
    rules = 12 if bundle.firestore else 60
    alerts = [
        {
            "labels": {"alertname": f"Rule{n % rules}", "host": f"h{n}", "severity": "critical"},
            "annotations": {"summary": "down"},
        }
        for n in range(5 * rules)
    ]

    def states(state: str) -> bool:
        bundle.clock.moment = datetime.now(UTC)
        bundle.settle()
        with suppress(Unavailable):  # the storm may keep the emulator busy for longer than a request may wait
            known = [doc.data["state"] for doc in bundle.docs("alerts") if doc.data["source"] == "alertmanager"]
            return known == [state] * 5 * rules
        return False

    with alertmanager(tmp_path, bundle.url) as base:
        for _ in range(3):
            httpx.post(f"{base}/api/v2/alerts", json=alerts).raise_for_status()
            until(lambda: states("firing"), seconds=300, what=(tmp_path / "am.log").read_text)
        bundle.tick(minutes=2)
        assert len([title for title in bundle.pages() if "FIRING" not in title]) <= 9
        over = [{**alert, "endsAt": datetime.now(UTC).isoformat()} for alert in alerts]
        httpx.post(f"{base}/api/v2/alerts", json=over).raise_for_status()
        until(lambda: states("resolved"), seconds=300, what=(tmp_path / "am.log").read_text)
    told = len(bundle.pages())
    bundle.tick(hours=2)
    assert [title for title in bundle.pages()[told:] if "FIRING" not in title] == []
