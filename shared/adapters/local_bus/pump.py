"""The local dispatcher: delivers messages to the functions as Pub/Sub does, by push, with retries."""

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


@dataclass
class Pump:
    """At most one pump may run per file, because only it knows which messages are being delivered."""

    bus: LocalBus
    push: Push
    workers: int = 8
    _busy: set[int] = field(default_factory=set)
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
        with ThreadPoolExecutor(self.workers, thread_name_prefix="push") as pool:
            while not self._stopping.is_set():
                self.bus.published.clear()
                if not self._deliver_batch(pool):
                    self.bus.published.wait(IDLE)

    def _deliver_batch(self, pool: ThreadPoolExecutor) -> bool:
        free = self.workers - len(self._busy)
        try:
            batch = self.bus.take(free, busy=tuple(self._busy)) if free else []
        except Unavailable as fault:
            _log.warning("nothing_taken", error=fault.code)
            self._stopping.wait(PAUSE)
            return False
        except Exception as fault:  # noqa: BLE001  (if this thread dies, nothing is delivered any more)
            _log.exception("nothing_taken", error=type(fault).__name__)
            return False
        for delivery in batch:
            self._busy.add(delivery.row)
            pool.submit(self._deliver_and_free, delivery)
        return bool(batch)

    def _deliver_and_free(self, delivery: Delivery) -> None:
        try:
            self._deliver(delivery)
        except Exception as fault:  # noqa: BLE001  (the message is stored and will be delivered again)
            _log.exception("delivery_not_recorded", error=type(fault).__name__, message_id=delivery.message_id)
        finally:
            self._busy.discard(delivery.row)
            self.bus.published.set()

    def _deliver(self, delivery: Delivery) -> None:
        path, body = delivery.push_request(PROJECT)
        status = self.push(delivery.subscription.function, path, body)
        if 200 <= status < 300:  # noqa: PLR2004
            self.bus.acknowledge(delivery)
        else:
            self.bus.refuse(delivery)
