"""The local dispatcher: delivers messages to the functions as Pub/Sub does, by push, with retries."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.local_bus.bus import Delivery, LocalBus
from shared.errors import Unavailable
from shared.telemetry.logger import log as _log

Push = Callable[[str, str, dict[str, Any]], int]
"""Takes a function's name, a path and a push body; returns the HTTP status of the function's answer."""

PROJECT = "local"
IDLE = 0.2
"""Seconds between two reads for messages that another process published."""
PAUSE = 5.0
"""Seconds until the next try, if the file cannot be written, for example because the disk is full."""
SWITCH = 0.0005
"""Seconds after which a thread that computes lets another one run (Python's default is 0.005). The worker of an urgent
message asks for the interpreter about a hundred times, at each read, write and lock, and waits this long each time.
"""


@dataclass
class Pump:
    """At most one pump may run per file, because only it knows which messages are being delivered.

    At most *bulk* of the *workers* deliver messages that are not urgent: the others are free for what may notify.
    """

    bus: LocalBus
    push: Push
    workers: int = 8
    bulk: int = 4
    _busy: dict[int, Delivery] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._deliver_forever, name="pump", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and return when all current deliveries are answered."""
        self._stopping.set()
        self.bus.published.set()
        if self._thread:
            self._thread.join(timeout=10)

    def drain(self) -> int:
        """Deliver in this thread all due messages and those that follow from them. Returns the number of deliveries."""
        delivered = 0
        while batch := self.bus.take(100):
            for delivery in batch:
                self._deliver(delivery)
            delivered += len(batch)
        return delivered

    def _deliver_forever(self) -> None:
        sys.setswitchinterval(SWITCH)
        with ThreadPoolExecutor(self.workers, thread_name_prefix="push") as pool:
            while not self._stopping.is_set():
                self.bus.published.clear()
                if not self._deliver_batch(pool):
                    self.bus.published.wait(IDLE)

    def _deliver_batch(self, pool: ThreadPoolExecutor) -> bool:
        busy = dict(self._busy)
        free, bulk = self.workers - len(busy), self.bulk - sum(not delivery.is_urgent for delivery in busy.values())
        try:
            batch = self.bus.take(free, bulk=bulk, busy=tuple(busy)) if free else []
        except Unavailable as fault:
            _log.warning("nothing_taken", error=fault.code, cause=fault)
            self._stopping.wait(PAUSE)
            return False
        except Exception as fault:  # noqa: BLE001  (if this thread dies, nothing is delivered any more)
            _log.exception("nothing_taken", error=type(fault).__name__)
            return False
        for delivery in batch:
            self._busy[delivery.row] = delivery
            pool.submit(self._deliver_and_free, delivery)
        return bool(batch)

    def _deliver_and_free(self, delivery: Delivery) -> None:
        try:
            self._deliver(delivery)
        except Exception as fault:  # noqa: BLE001  (the message is stored and will be delivered again)
            _log.exception("delivery_not_recorded", error=type(fault).__name__, message_id=delivery.message_id)
        finally:
            del self._busy[delivery.row]
            self.bus.published.set()

    def _deliver(self, delivery: Delivery) -> None:
        path, body = delivery.push_request(PROJECT)
        status = self.push(delivery.subscription.function, path, body)
        if 200 <= status < 300:  # noqa: PLR2004
            self.bus.acknowledge(delivery)
        else:
            self.bus.refuse(delivery)
