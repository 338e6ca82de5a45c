"""The bundle on either backend, as processes that can be killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

from opos.bundle.emulated_bundle import Functions, emulated
from opos.bundle.emulators import Emulators, emulators
from opos.bundle.ports import free_port
from opos.bundle.processes import start
from opos.bundle.scheduler import start_ticking
from opos.terminal.options import Place
from shared.ports import Store
from tests.support.company import RECORDS
from tests.torture.cutting import CuttingProxy, cutting_proxy
from tests.torture.redelivery import redelivering
from tests.torture.senders import SECRET, post, until

CONFIG = """
owner: me@example.com
sources:
  app:
    scheme: standard-webhooks
    secrets: [APP_SECRET]
    alert:
      {title: data.title, severity: data.severity, status: data.status, fingerprint: data.fingerprint, labels: {alertname: data.rule}}
channels: {phone: {apprise: PHONE_URL}}
route: {channel: phone, pages_per_minute: PAGES}
digest: {channel: phone, window: 30s, size: 5}
health: {thresholds: {event_unhandled: 1h, page_unsent: 1h, digest_late: 1h}, channels: false}
slos:
  webhook_to_effect: {within: 1h, target: 50}
  event_handled: {within: 1h, target: 50}
  page_delivered: {within: 1h, target: 50}
"""
"""What is promised is kept less well while processes are killed: here that is no news."""


class Bundle(Protocol):
    """`store` looks at the canonical state from outside. `kills` and `cuts` are moments, with what was hit."""

    port: int
    store: Store
    kills: list[tuple[float, str]]
    cuts: list[tuple[float, float]]

    def kill(self, rng: random.Random, *, among: Sequence[str] = ()) -> None:
        """End one function of those *among*, or of all; everything where all are one process."""
        ...

    def cut(self, seconds: float) -> None: ...


def place(folder: Path, backend: str, pages: int, config: str) -> Place:
    (folder / "opos.yaml").write_text(config.replace("PAGES", str(pages)))
    (folder / "flags.yaml").write_text("flags: {}\n")
    (folder / "company").mkdir()
    (folder / "company/records.py").write_text(RECORDS)
    return Place(folder, folder / "opos.yaml", folder / "flags.yaml", backend)  # type: ignore[arg-type]


def environment(phone: str) -> dict[str, str]:
    return {"APP_SECRET": SECRET, "PHONE_URL": phone}


@dataclass
class Embedded:
    """`opos up` as a process group: a kill ends everything at once."""

    place: Place
    port: int
    store: Store
    process: subprocess.Popen[bytes] | None = None
    kills: list[tuple[float, str]] = field(default_factory=list)
    cuts: list[tuple[float, float]] = field(default_factory=list)

    def start(self) -> None:
        command = [sys.executable, "-m", "opos", "up", "--data", str(self.place.data), "--port", str(self.port)]
        command += ["--config", str(self.place.config_file), "--flags", str(self.place.flags_file)]
        with (self.place.data / "log").open("ab") as log:
            self.process = start(command, environment=dict(os.environ), output=log)
        until(self.is_up, seconds=60, what="the bundle to answer")

    def kill(self, rng: random.Random, *, among: Sequence[str] = ()) -> None:  # noqa: ARG002
        self.kills.append((time.monotonic(), "the bundle"))
        self.end()
        self.start()

    def cut(self, seconds: float) -> None:
        """There is no line to cut."""

    def end(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def is_up(self) -> bool:
        try:
            return post(self.port, b"", {}, path="/livez", method="GET")[0] == 200
        except OSError:
            return False


@dataclass
class Emulated:
    """Each function a process group of its own; the line to Firestore can be cut."""

    functions: Functions
    line: CuttingProxy
    store: Store
    kills: list[tuple[float, str]] = field(default_factory=list)
    cuts: list[tuple[float, float]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.functions.ports["webhook_intake"]

    def kill(self, rng: random.Random, *, among: Sequence[str] = ()) -> None:
        name = rng.choice(among or list(self.functions.processes))
        process = self.functions.processes[name].process
        assert process is not None
        self.kills.append((time.monotonic(), name))
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self.kills.pop()  # it was just being started again

    def cut(self, seconds: float) -> None:
        began = time.monotonic()
        self.line.cut()
        time.sleep(seconds)
        self.line.join()
        self.cuts.append((began, time.monotonic()))


@contextmanager
def embedded(folder: Path, phone: str, *, pages: int = 5, config: str = CONFIG) -> Iterator[Embedded]:
    """*pages* may go out one by one within a minute."""
    with patch.dict(os.environ, environment(phone)):
        where = place(folder, "embedded", pages, config)
        observer = where.new_runtime()
        bundle = Embedded(where, free_port(), observer.store)
        bundle.start()
        try:
            yield bundle
        finally:
            bundle.end()
            observer.close()


@contextmanager
def emulated_bundle(
    folder: Path, phone: str, *, pages: int = 5, redelivered: float = 0.05, config: str = CONFIG
) -> Iterator[Emulated]:
    """The same; *redelivered* is the share of messages that the bus delivers once more than it has to."""
    with patch.dict(os.environ, environment(phone)), ExitStack() as stack:
        google = stack.enter_context(emulators(folder))
        line = stack.enter_context(cutting_proxy(google.firestore))
        where = place(folder, "emulators", pages, config)
        through = Emulators(firestore=line.address, pubsub=google.pubsub)
        functions = stack.enter_context(emulated(where, through, "http://127.0.0.1", log=folder / "log"))
        runtime = where.runtime(FIRESTORE_EMULATOR_HOST=google.firestore)
        stack.callback(start_ticking(runtime).set)
        stack.enter_context(redelivering(google.pubsub, redelivered))
        bundle = Emulated(functions, line, runtime.store)
        until(lambda: _answers(bundle.port), seconds=60, what="the intake to answer")
        yield bundle


def _answers(port: int) -> bool:
    try:
        return post(port, b"", {}, path="/webhooks/nobody")[0] == 404
    except OSError:
        return False


BUNDLES = {"embedded": embedded, "emulators": emulated_bundle}
