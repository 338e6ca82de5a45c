"""Where the messages arrive: a real HTTP server, that notes when each title came."""

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.http_server import Quiet, served


@dataclass
class Receiver:
    port: int = 0
    arrivals: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/"

    @property
    def twice(self) -> dict[str, list[float]]:
        return {title: times for title, times in self.arrivals.items() if len(times) > 1}


@contextmanager
def receiver(*, delay: float = 0.0) -> Iterator[Receiver]:
    """Answers *delay* seconds after a message has arrived, as a real service does."""
    found = Receiver()

    class Handler(Quiet):
        def do_POST(self) -> None:
            title = json.loads(self.rfile.read(int(self.headers["content-length"])))["title"]
            found.arrivals[title].append(time.monotonic())
            time.sleep(delay)
            self.answer(200)

    with served(Handler) as port:
        found.port = port
        yield found
