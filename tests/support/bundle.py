"""The whole bundle over real HTTP with an injected clock: time passes when a test says so, and nothing sleeps."""

import json
import re
import threading
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from opos.bundle.gateway import gateway, load_functions, push_in_process
from opos.bundle.ports import free_port
from opos.terminal.options import EMULATORS_FILE
from shared.adapters.local_bus.pump import Pump
from shared.adapters.sqlite.database import Database
from shared.config.files.loader import load_config
from shared.events import Tick
from shared.ports import Delete, Doc, Store
from shared.runtime import container as runtime
from shared.runtime.container import Runtime
from shared.runtime.current_documents import CurrentDocuments
from shared.runtime.settings import Settings
from shared.sources import scheme
from tests.support import emulators, ofrep
from tests.support.console import signed_in
from tests.support.fakes import FakeClock, RecordingChannel
from tests.support.operation_counter import CountingStore

CONFIG = """
owner: me@example.com
timezone: Europe/Berlin
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET, GITHUB_SECRET_OLD]}
  stripe: {scheme: stripe, secrets: [STRIPE_SECRET]}
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  slack: {scheme: slack, secrets: [SLACK_SECRET]}
  pagerduty: {scheme: pagerduty-events, secrets: [ROUTING_KEY]}
  lemon: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, delivery: {hash: body, window: 10m}}
  app:
    scheme: standard-webhooks
    secrets: [APP_SECRET]
    alert: {when: data.severity, title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}
    event: {title: data.title}
heartbeats: {backup: {}, vault: {secrets: [VAULT_TOKEN]}}
channels: {desk: {console: true}, inbox: {console: true}}
route: {channel: desk}
digest: {channel: inbox, window: 5m, size: 5}
health: {thresholds: {store_answer: 1m}}
slos:
  webhook_to_effect: {within: 1h, target: 50}
  event_handled: {within: 1h, target: 50}
  page_delivered: {within: 1h, target: 50}
  flag_lookup: {within: 1h, target: 50}
"""
"""Nothing is too slow because the machine of the tests is. A test of what is too slow configures its own."""
FLAGS = """
flags:
  everyone: {enabled: true}
  quarter: {enabled: true, rollout: 25}
  members: {enabled: true, requires_auth: true}
  nobody: {enabled: false}
"""
SECRETS = {
    "GITHUB_SECRET": "new",
    "GITHUB_SECRET_OLD": "old",
    "STRIPE_SECRET": "whsec_stripe",
    "ALERTMANAGER_TOKEN": "am-token",
    "SLACK_SECRET": "slack-secret",
    "ROUTING_KEY": "R0UT1NGKEY0123456789012345678901",
    "LEMON_SECRET": "lemon-secret",
    "APP_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "VAULT_TOKEN": "vault-token",
    "OPOS_SIGNING_KEY": "a key of the tests",
}


class _StayPut(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_StayPut)


PATIENCE = 60.0
"""Seconds that the emulator may take for an answer on a busy machine. Tests of outages connect for themselves."""
POLL = 0.01
"""Seconds until a server that is to stop notices it: many tests stop one."""


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def _answer(response: Any) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, response.read().decode(errors="replace"), headers)


@cache
def loaded_functions() -> dict[str, Flask]:
    """The functions, loaded once as in a process of `opos up`: the runtime that they serve is the current one."""
    return load_functions()


@cache
def empty_data_file() -> bytes:
    """A data file without a document. To create one waits several times for the disk; to copy it does not."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "opos.db")
        with closing(Database(path)) as database:
            database.write(lambda _: None)
        return path.read_bytes()


@dataclass
class Bundle:
    folder: Path
    firestore: bool = False
    """Canonical state on Firestore's emulator instead of SQLite; the bus stays the local one, for the clock's sake."""
    clock: FakeClock = field(default_factory=FakeClock)
    desk: RecordingChannel = field(default_factory=RecordingChannel)
    inbox: RecordingChannel = field(default_factory=RecordingChannel)

    def start(self) -> None:
        (self.folder / "opos.yaml").write_text(CONFIG)
        (self.folder / "flags.yaml").write_text(FLAGS)
        if not (data := self.folder / "opos.db").exists():
            data.touch(0o600)
            data.write_bytes(empty_data_file())
        environment = {
            **SECRETS,
            "OPOS_STORE": f"sqlite:///{self.folder}/opos.db",
            "OPOS_CONFIG": str(self.folder / "opos.yaml"),
            "OPOS_FLAGS": str(self.folder / "flags.yaml"),
        }
        channels: dict[str, Any] = {"desk": self.desk, "inbox": self.inbox}
        self.runtime = Runtime(Settings.from_environment(environment), clock=self.clock, channels=channels)
        self.store = CountingStore(self._firestore() if self.firestore else self.runtime.store)
        self.runtime.__dict__["store"] = self.store
        runtime.use(self.runtime)
        self.functions = functions = loaded_functions()
        # A test may close the server and open it again, so the port is not an ephemeral one.
        self.server: BaseWSGIServer = make_server("127.0.0.1", free_port(), gateway(functions), threaded=True)
        threading.Thread(target=self.server.serve_forever, args=(POLL,), daemon=True).start()
        self.pump = Pump(self.runtime.local_bus, push_in_process(functions))
        self.runtime.local_bus.ping()  # as the first sweep of `opos up` does

    def _firestore(self) -> Store:
        from shared.adapters.firestore.store import connect

        google = {**emulators.running().environment, "GOOGLE_CLOUD_PROJECT": emulators.new_project()}
        (self.folder / EMULATORS_FILE).write_text(json.dumps(google))
        store = connect(google["GOOGLE_CLOUD_PROJECT"], "(default)", google["FIRESTORE_EMULATOR_HOST"])
        return CurrentDocuments(replace(store, deadline=PATIENCE))

    @property
    def place(self) -> list[str]:
        """The options by which a command finds this bundle."""
        return ["--data", str(self.folder), "--backend", "emulators" if self.firestore else "embedded"]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.runtime.close()
        runtime.use(None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        request = urllib.request.Request(f"{self.url}{path}", body, headers or {}, method=method)
        try:
            with _opener.open(request, timeout=60) as response:
                answer = _answer(response)
        except urllib.error.HTTPError as response:
            with response:
                answer = _answer(response)
        ofrep.require_valid(method, path, answer.status, answer.text, answer.headers)
        return answer

    def send(
        self, source: str, payload: Any, *, delivery: str = "d1", event_type: str = "", secret: str | None = None
    ) -> Answer:
        """*payload* as the sender would post it, signed at the bundle's own time."""
        declared = self.runtime.config.sources[source]
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        key = secret or SECRETS[declared.secrets[0]]
        signed = scheme(declared).sign(body, key, now=self.clock.now(), delivery=delivery, event_type=event_type)
        return self.request("POST", f"/webhooks/{source}", body, {"content-type": "application/json", **signed})

    def trouble(
        self, id: str, *, severity: str = "critical", status: str = "firing", delivery: str | None = None
    ) -> Answer:
        data = {"id": id, "title": f"Trouble {id}", "severity": severity, "status": status}
        return self.send(
            "app", {"type": "trouble", "data": data}, delivery=delivery or f"{id}-{status}-{self.clock.now()}"
        )

    def settle(self) -> None:
        """Deliver everything that is due now, and what that leads to."""
        self.pump.drain()

    def tick(self, **by: float) -> None:
        """Time passes, and the minute tick comes."""
        self.clock.advance(**by)
        self.runtime.bus.publish(Tick())
        self.settle()

    def configure(self, more: str) -> None:
        """Run under the sections of CONFIG, but for those that *more* has."""
        mine = {line.partition(":")[0] for line in more.splitlines() if line[:1].isalpha()}
        kept = re.split(r"\n(?=[a-z])", CONFIG)
        text = "\n".join(part for part in kept if part.partition(":")[0] not in mine) + more
        (self.folder / "opos.yaml").write_text(text)
        self.runtime.__dict__["config"] = load_config(self.folder / "opos.yaml")
        self.runtime.__dict__.pop("access", None)

    def signed_in(self) -> dict[str, str]:
        """The headers of the operator's browser, with the cookie of a new session."""
        return {"cookie": signed_in(self.runtime.context())}

    def docs(self, collection: str) -> list[Doc]:
        return list(self.runtime.store.query(collection))

    def forget(self, doc: Doc) -> None:
        self.runtime.store.commit([Delete(doc.path, doc.version)])

    def doc(self, path: str) -> dict[str, Any]:
        found = self.runtime.store.get(path)
        assert found is not None, path
        return found.data

    def pages(self) -> list[str]:
        """The titles of the notifications, without those of resolved notices."""
        return [notice.title for _, notice in self.desk.sent if not notice.resolves]
