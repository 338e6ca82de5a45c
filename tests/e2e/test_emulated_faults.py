"""On Google's emulators, each function in a process of its own: the bus that is down, and the store that hangs."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from shared.adapters.google_client import transport
from shared.ports.topology import PROBES
from tests.e2e.test_commands import opos
from tests.e2e.test_emulated import children, up
from tests.support import requirements as needs

pytestmark = [needs.emulators, pytest.mark.slow]


def health(port: int) -> dict[str, str]:
    """The status of each failure that the report names."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            content = json.load(answer)
    except urllib.error.HTTPError as answer:
        with answer:
            content = json.load(answer)
    found = [one for several in content["checks"].values() for one in several if one["status"] != "pass"]
    return {one["failure"]: one["status"] for one in found}


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def topics(google: dict[str, Any]) -> PublisherClient:
    return PublisherClient(transport=transport("Pub/Sub", PublisherGrpcTransport, google["PUBSUB_EMULATOR_HOST"]))


def firestore(pid: int) -> list[int]:
    """The processes that are Firestore's emulator."""
    return [one for one in children(pid) if b"cloud-firestore-emulator" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_a_bus_that_is_down_and_a_store_that_hangs_are_named_and_clear_when_mended(tmp_path: Path) -> None:
    with up(tmp_path) as (process, port):
        assert within(60, lambda: health(port) == {})
        google = json.loads((tmp_path / "emulators.json").read_text())
        probes = f"projects/{google['GOOGLE_CLOUD_PROJECT']}/topics/{PROBES}"
        topics(google).delete_topic(topic=probes)
        assert within(60, lambda: health(port) == {"bus-unreachable": "fail"})
        place = ["--data", str(tmp_path), "--backend", "emulators"]
        told = opos("doctor", *place, folder=tmp_path)
        assert told.returncode == 1
        assert "1. The bus is unreachable" in told.stdout
        assert "docs/runbooks/bus-unreachable.md" in told.stdout
        topics(google).create_topic(name=probes)
        assert within(60, lambda: health(port) == {})
        hung = firestore(process.pid)
        assert hung
        try:
            for one in hung:
                os.kill(one, signal.SIGSTOP)
            began = time.monotonic()
            assert health(port)["store-unreachable"] == "fail"
            assert time.monotonic() - began < 5
        finally:
            for one in hung:
                os.kill(one, signal.SIGCONT)
        assert within(60, lambda: health(port) == {})
