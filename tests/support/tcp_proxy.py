"""A TCP proxy that a test can make slow, deaf or dead: what lies between a program and the server that it needs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Forwards to `target`, each piece after `delay` seconds, and none while it is `deaf`."""

    target: tuple[str, int]
    delay: float = 0.0
    hears: threading.Event = field(default_factory=threading.Event)
    server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.hears.set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self.server.accept()
                answerer = socket.create_connection(self.target)
                for source, sink in ((caller, answerer), (answerer, caller)):
                    threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                self.hears.wait()
                time.sleep(self.delay)
                sink.sendall(piece)
        for one in (source, sink):
            one.close()


@contextmanager
def proxied(address: str) -> Iterator[Proxy]:
    host, _, port = address.rpartition(":")
    proxy = Proxy((host, int(port)))
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.hears.set()
        proxy.server.close()
