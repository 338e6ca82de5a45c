"""The intake itself, and the bare function on the same server that is its limit."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.rivals.contestant import Contestant
from bench.rivals.group import wait_for
from bench.serving import Server, main_of, prepare, serve
from functions.sweeper.handler import sweep
from functions.sweeper.lost_events import LOST_AFTER
from shared.events import Tick, document_id
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.telemetry import setup as telemetry

OPOS, HELLO = "opos", "limit: hello"


def contestants() -> list[Contestant]:
    return [Contestant(HELLO, "/webhooks/app", _hello), Contestant(OPOS, "/webhooks/app", _intake, kept=kept)]


@contextmanager
def _hello(folder: Path) -> Iterator[Server]:
    with serve("hello", Path(__file__).parents[1] / "hello.py", prepare(folder)) as server:
        wait_for(server, "GET", "/", 200)
        yield server


@contextmanager
def _intake(folder: Path) -> Iterator[Server]:
    with serve("webhook_intake", main_of("webhook_intake"), prepare(folder)) as server:
        wait_for(server, "GET", "/", 404)
        yield server


def kept(folder: Path) -> set[str]:
    store = Runtime(Settings.from_environment(prepare(folder))).store
    return {str(doc.data["delivery_id"]) for doc in store.query("events")}


def on_the_bus(folder: Path, deliveries: set[str]) -> set[str]:
    """Those of *deliveries* that wait for the router."""
    with closing(sqlite3.connect(folder / "opos.db")) as db:
        found = {json.loads(data)["id"] for (data,) in db.execute("SELECT data FROM messages WHERE topic = 'events'")}
    return {delivery for delivery in deliveries if document_id("app", delivery) in found}


def sweep_later(folder: Path) -> None:
    """As the sweeper does when those are overdue that nobody has handled."""
    telemetry.configure(level="error")
    later = Runtime(Settings.from_environment(prepare(folder)), clock=_Later())
    sweep(Tick(), later.context())
    later.close()


class _Later:
    def now(self) -> datetime:
        return datetime.now(UTC) + LOST_AFTER + timedelta(seconds=1)
