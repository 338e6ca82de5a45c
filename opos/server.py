"""The whole bundle in one process: gateway, local bus and minute tick, on the server functions-framework uses."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from functions_framework._http.gunicorn import GunicornApplication

from opos.gateway import gateway, load_functions, push_in_process
from shared import runtime
from shared.adapters.local_bus.pump import Pump
from shared.errors import OposError


class AlreadyRunning(OposError):
    code = "already_running"


def lock(data: Path) -> IO[str]:
    """Hold *data* for this process until it ends. Raises AlreadyRunning: two pumps must not share a folder."""
    data.mkdir(parents=True, exist_ok=True)
    file = (data / "opos.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(
            f"Another opos is running on {data}.", hint="Stop it, or choose another folder with --data."
        ) from None
    return file


def serve(host: str, port: int, *, ready_file: Path | None = None) -> None:
    """Serve until the process is told to stop. The environment says which files and data to use."""
    functions = load_functions()
    pump: list[Pump] = []

    def start_pump(_worker: Any) -> None:
        pump.append(Pump(runtime.current().local_bus, push_in_process(functions)))
        pump[0].start()
        if ready_file:
            ready_file.write_text(str(os.getpid()))

    def stop_pump(_server: Any, _worker: Any) -> None:
        with suppress(IndexError):
            pump.pop().stop()

    GunicornApplication(  # type: ignore[no-untyped-call]
        gateway(functions), host, port, debug=False, threads=16, post_worker_init=start_pump, worker_exit=stop_pump,
        graceful_timeout=10, keepalive=65,
    ).run()  # fmt: skip
