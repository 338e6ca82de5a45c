"""Receivers that accept a message and take their time to say so, on real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nx-padding: " + b"." * 100_000


@dataclass
class Slow:
    """Waits `pause` seconds before each piece of its answers. `accepted` counts the messages that came in whole."""

    pause: float
    accepted: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=128))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            self.talk(lines, connection)

    def talk(self, lines: BinaryIO, connection: socket.socket) -> None:
        raise NotImplementedError

    def say(self, connection: socket.socket, piece: bytes) -> None:
        if self.stopped.wait(self.pause):
            raise ConnectionAbortedError
        connection.sendall(piece)


@dataclass
class Dripping(Slow):
    """A web server that sends its answer one byte at a time. `requests` counts those of every method."""

    answer: bytes = OK
    requests: int = 0

    def talk(self, lines: BinaryIO, connection: socket.socket) -> None:
        request = lines.readline()
        headers = dict(line.lower().split(b": ", 1) for line in iter(lines.readline, b"\r\n"))
        lines.read(int(headers.get(b"content-length", b"0")))
        self.requests += 1
        self.accepted += request.startswith(b"POST")
        for byte in self.answer:
            self.say(connection, bytes([byte]))


class SlowMail(Slow):
    """A mail server that waits before each of its replies."""

    def talk(self, lines: BinaryIO, connection: socket.socket) -> None:
        self.say(connection, b"220 ready\r\n")
        for line in lines:
            if line.upper().startswith(b"DATA"):
                self.say(connection, b"354 go on\r\n")
                for _ in iter(lines.readline, b".\r\n"):
                    pass
                self.accepted += 1
            self.say(connection, b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 OK\r\n")


@contextmanager
def serving(*receivers: Slow) -> Iterator[None]:
    for receiver in receivers:
        threading.Thread(target=receiver.serve, daemon=True).start()
    try:
        yield
    finally:
        for receiver in receivers:
            receiver.stopped.set()
            receiver.server.shutdown(socket.SHUT_RDWR)
            receiver.server.close()
