"""Reading from a socket until a deadline, over real sockets."""

import socket
from contextlib import suppress
from threading import Event, Thread

import pytest

from shared.process import reading_deadline as module
from shared.process.reading_deadline import reading_deadline


@pytest.fixture(autouse=True)
def precise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PRECISION", 0.01)


def test_a_sender_that_sends_a_byte_again_and_again_is_read_only_until_the_deadline() -> None:
    reader, sender = socket.socketpair()
    over = Event()

    def drip() -> None:
        with suppress(OSError):
            while not over.wait(0.02):
                sender.send(b"a")

    dripping = Thread(target=drip)
    dripping.start()
    with reading_deadline(reader, 0.1):
        while reader.recv(1):
            continue
    reader.sendall(b"an answer")
    over.set()
    dripping.join()
    assert sender.recv(100) == b"an answer"
    reader.close()
    sender.close()


def test_what_ends_in_time_goes_on_being_read() -> None:
    reader, sender = socket.socketpair()
    late, other = socket.socketpair()
    with reading_deadline(reader, 0.0001):
        pass
    with reading_deadline(late, 0.0):
        assert late.recv(1) == b""  # the deadline of the other one has passed by now, too
    sender.sendall(b"more")
    assert reader.recv(100) == b"more"
    for connection in (reader, sender, late, other):
        connection.close()


def test_without_a_socket_there_is_no_deadline() -> None:
    with reading_deadline(None, 0):
        pass
