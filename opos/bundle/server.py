"""The whole bundle in one process: gateway, local bus and minute tick, on the server of a bundle on this machine."""

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import Any

from werkzeug.wrappers import Request

from opos.bundle.connection import listen
from opos.bundle.data_folder import note_open_file
from opos.bundle.environ import environ
from opos.bundle.front import LIMITS, Front, Limits
from opos.bundle.gateway import function_for, gateway, load_functions, push_in_process
from opos.bundle.relisting import start_relisting
from opos.bundle.scheduler import start_ticking
from shared.adapters.local_bus.pump import Pump
from shared.adapters.sqlite.store import SqliteStore
from shared.errors import OposError
from shared.intake.rejections import rejection
from shared.runtime import container as runtime
from shared.runtime.entry import caller_of
from shared.values.http import HttpRequest


class AddressInUse(OposError):
    code = "address_in_use"


def require_free(host: str, port: int) -> None:
    """Raises AddressInUse immediately. gunicorn would retry for five seconds and explain less."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise AddressInUse(
                f"Cannot listen on {host}:{port}: {fault.strerror}.", hint="Choose another port with --port."
            ) from None


def each_minute(now: datetime) -> None:
    database = runtime.current().database
    SqliteStore(database).expire(now)
    if database.file:
        note_open_file(database.path.parent, database.file)


def note_slow(fault: OposError, scope: dict[str, Any]) -> None:
    """Counts a webhook of which only a part arrived; no function gets it."""
    request = Request(environ(scope, BytesIO()))
    context = runtime.current().context()
    plain = HttpRequest(request.method, request.path, caller=caller_of(request))
    if function_for(plain.path) != "webhook_intake":
        return
    if count := rejection(fault, plain, context.config, context.now):
        context.rejections.add(count, context.now)


def serve(
    host: str, port: int, *, when_ready: Callable[[], None], when_done: Callable[[], None], limits: Limits = LIMITS
) -> None:
    """Serves until the process gets a signal to stop. The environment names the files and the data."""
    functions = load_functions()
    pump: list[Pump] = []

    def start_pump(_worker: Any) -> None:
        pump.append(Pump(runtime.current().local_bus, push_in_process(functions)))
        pump[0].start()
        start_ticking(runtime.current(), also=each_minute)
        start_relisting(runtime.current())

    def stop_pump(_server: Any, _worker: Any) -> None:
        with suppress(IndexError):
            pump.pop().stop()

    listen(
        Front(gateway(functions), limits, note_slow), host, port,
        when_ready=when_ready, on_exit=lambda _server: when_done(), post_worker_init=start_pump, worker_exit=stop_pump,
    )  # fmt: skip
