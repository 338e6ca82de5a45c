"""The whole embedded bundle, as `opos up` runs it; pages go to an ntfy topic, digests to the console."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.load import http_request
from bench.rivals.desk import Desk
from bench.rivals.group import wait_for
from bench.serving import CONFIG, SECRET, prepare, serve_bundle
from shared.alerting.alert import labels_of
from shared.alerting.lifecycle import Received, apply
from shared.events import Alert, document_id
from shared.ports import Create
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.sources.senders import standard_webhooks

NAME, BATCH = "opos", 400
CHANNELS = ("channels: {desk: {console: true}}", "channels: {desk: {ntfy: DESK_URL}, shelf: {console: true}}")
DIGEST = ("digest: {channel: desk}", "digest: {channel: shelf}")


@contextmanager
def bundle(folder: Path, receiver: int) -> Iterator[Desk]:
    environment = {**prepare(folder), "DESK_URL": f"http://127.0.0.1:{receiver}/desk"}
    (folder / "opos.yaml").write_text(CONFIG.replace(*CHANNELS).replace(*DIGEST))
    runtime = Runtime(Settings.from_environment(environment))
    with serve_bundle(folder, environment) as server:
        wait_for(server, "GET", "/livez", 200)
        yield Desk(NAME, server, _request, lambda: _waiting(folder), lambda count: _fill(runtime, count))


def _request(token: str, severity: str) -> bytes:
    data = {"title": f"Trouble {token}", "severity": severity, "id": token, "pad": "x" * 700}
    body = json.dumps({"type": "trouble", "data": data}).encode()
    signed = standard_webhooks.SCHEME.sign(body, SECRET, now=datetime.now(UTC), delivery=token, event_type="")
    return http_request("POST", "/webhooks/app", body, {"content-type": "application/json", **signed})


def _waiting(folder: Path) -> int:
    """Messages on the bus."""
    with closing(sqlite3.connect(folder / "opos.db")) as db:
        return int(db.execute("SELECT count(*) FROM messages").fetchone()[0])


def _fill(runtime: Runtime, count: int) -> None:
    """Alerts that fire, and whose digest was sent."""
    now = datetime.now(UTC)
    for first in range(0, count, BATCH):
        runtime.store.commit([_open(n, now) for n in range(first, min(first + BATCH, count))])
    runtime.close()


def _open(n: int, now: datetime) -> Create:
    said = Alert(fingerprint=f"open-{n}", title=f"Trouble open-{n}", severity="info")
    id = document_id("app", said.fingerprint)
    received = Received(said, id, "app", id, labels_of(said, source="app", type="trouble"), now, now)
    return Create(f"alerts/{id}", apply(received, None).alert or {})
