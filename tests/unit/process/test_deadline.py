"""A call ends at its deadline, whatever the other side does."""

import socket
import threading
from collections.abc import Iterator
from time import monotonic

import pytest

from shared.process.deadline import Call, within

LONG = 30.0


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LONG)
        yield server


def read(server: socket.socket) -> bytes:
    """What *server* answers to a client without a time-out of its own."""
    with socket.create_connection(server.getsockname()) as connection:
        return connection.recv(1)


def test_a_call_has_the_result_of_its_work() -> None:
    assert within(LONG, lambda: 7) == 7


def test_a_call_raises_what_its_work_raises() -> None:
    with pytest.raises(ValueError, match="mine"):
        within(LONG, lambda: int("mine"))


def test_a_call_that_hangs_is_given_up_at_the_deadline(silent: socket.socket) -> None:
    with pytest.raises(TimeoutError):
        within(0.05, lambda: read(silent))


def test_a_receiver_that_drips_is_cut_and_the_thread_ends(silent: socket.socket) -> None:
    """Each byte comes in time, so that no time-out of the socket would ever end the call."""

    def read_all() -> str:
        with socket.create_connection(silent.getsockname(), LONG) as connection:
            while connection.recv(1):
                pass
        return "ended"

    call = Call(read_all, LONG)
    connection, _ = silent.accept()
    with connection:
        for _ in range(5):
            connection.sendall(b".")
            assert not call.is_over(by=0.01)
        call.cut()
        assert call.is_over(by=LONG)
    assert call.result() == "ended"


def test_a_call_that_is_cut_closes_its_connection(silent: socket.socket) -> None:
    call = Call(lambda: read(silent), LONG)
    connection, _ = silent.accept()
    with connection:
        assert not call.is_over(by=0)
        call.cut()
        assert connection.recv(1) == b""
    assert call.is_over(by=LONG)
    assert call.result() == b""


def test_a_call_opens_no_connection_after_its_deadline(silent: socket.socket) -> None:
    """What waits for a name server until then has no effect any more."""
    resolved = threading.Event()

    def late() -> bytes:
        assert resolved.wait(LONG)
        return read(silent)

    call = Call(late, deadline=0.0)
    while monotonic() <= call.began:
        pass
    resolved.set()
    assert call.is_over(by=LONG)
    with pytest.raises(TimeoutError):
        call.result()
    silent.setblocking(False)  # noqa: FBT003  (the signature is the standard library's)
    with pytest.raises(BlockingIOError):
        silent.accept()


def test_a_connection_outside_of_a_call_is_nobodys(silent: socket.socket) -> None:
    within(LONG, lambda: None)
    with socket.create_connection(silent.getsockname()) as connection:
        assert connection.getpeername() == silent.getsockname()
