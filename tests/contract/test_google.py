"""Behaviour that only Google's adapters have: their errors and their limits."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from shared.adapters.firestore.store import connect as connect_store
from shared.adapters.pubsub.bus import connect as connect_bus
from shared.errors import TooLarge, Unavailable
from shared.events import Tick
from shared.ports import Create
from tests.support import emulators
from tests.support import requirements as needs


@pytest.fixture(params=["refuses", "hangs"])
def nobody(request: pytest.FixtureRequest) -> Iterator[str]:
    """An address that refuses connections, or accepts them and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "hangs":
            server.listen()
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.slow
def test_a_store_that_does_not_answer_is_unavailable_within_3_seconds(nobody: str) -> None:
    store = connect_store("demo-none", "(default)", nobody)
    for call in (
        lambda: store.commit([Create("events/a", {})]),
        lambda: store.get("events/a"),
        lambda: list(store.query("events")),
        lambda: store.count("events"),
    ):
        began = time.monotonic()
        with pytest.raises(Unavailable, match="Firestore"):
            call()
        assert time.monotonic() - began < 3


def test_a_bus_that_does_not_answer_is_unavailable_within_3_seconds(nobody: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="Pub/Sub"):
        connect_bus("demo-none", nobody).publish(Tick())
    assert time.monotonic() - began < 3


def test_without_credentials_it_is_said_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    for connect in (lambda: connect_store(None, "(default)", None), lambda: connect_bus(None, None)):
        with pytest.raises(Unavailable, match="no credentials") as fault:
            connect()
        assert "gcloud auth application-default login" in str(fault.value.hint)


@needs.emulators
def test_a_topic_that_is_missing_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        connect_bus(emulators.new_project(), emulators.running().pubsub).ping()


@needs.emulators
def test_what_no_document_can_hold_is_too_large_and_says_so() -> None:
    import random

    store = connect_store(emulators.new_project(), "(default)", emulators.running().firestore)
    noise = "".join(chr(code) for code in random.Random(1).choices(range(0x4E00, 0x9FFF), k=700_000))
    with pytest.raises(TooLarge, match="expected at most what Firestore stores"):
        store.commit([Create("events/a", {"body": noise})])


@needs.emulators
def test_one_client_serves_many_threads() -> None:
    store = connect_store(emulators.new_project(), "(default)", emulators.running().firestore)

    def write(n: int) -> None:
        for i in range(10):
            store.commit([Create(f"events/{n}-{i}", {})])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count("events") == 80
