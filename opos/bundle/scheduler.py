"""The minute tick of a bundle on this machine. In a deployment, Cloud Scheduler sends it."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.events import Tick
from shared.ports import Clock
from shared.runtime.container import Runtime
from shared.telemetry.logger import log as _log

LEAST = 5.0


def start_ticking(runtime: Runtime, also: Callable[[datetime], object] = lambda _now: None) -> threading.Event:
    """Publishes a tick now and each minute, and calls *also*, in its own thread until the returned event is set."""
    stopping = threading.Event()
    threading.Thread(target=_tick_forever, args=(runtime, also, stopping), name="ticks", daemon=True).start()
    return stopping


def _tick_forever(runtime: Runtime, also: Callable[[datetime], object], stopping: threading.Event) -> None:
    while True:
        try:
            runtime.bus.publish(Tick())
            also(runtime.clock.now())
        except Exception as fault:  # noqa: BLE001  (if this thread ended, no tick would follow)
            _log.error("tick_failed", error=type(fault).__name__, cause=fault)
        if stopping.wait(_until_next_minute(runtime.clock)):
            return


def _until_next_minute(clock: Clock) -> float:
    """Seconds, but never fewer than LEAST: a clock that stands still would otherwise tick without a pause."""
    now = clock.now()
    return max(((now + timedelta(minutes=1)).replace(second=0, microsecond=0) - now).total_seconds(), LEAST)
