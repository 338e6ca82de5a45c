"""Lists records again, in the background of `opos up`, that were stored before their kind changed."""

import threading
from collections import Counter

from shared.errors import OposError
from shared.runtime.container import Runtime
from shared.services.records.relisting import relist_all
from shared.telemetry.logger import log as _log


def start_relisting(runtime: Runtime) -> threading.Thread:
    """Works through all kinds once, in its own thread. A bundle that stops meanwhile goes on at its next start."""
    thread = threading.Thread(target=_relist, args=(runtime,), name="relisting", daemon=True)
    thread.start()
    return thread


def _relist(runtime: Runtime) -> None:
    """A mistake in `company/` is told by the health function and `opos verify`."""
    sizes: Counter[str] = Counter()
    try:
        for kind, size in relist_all(runtime.context()):
            sizes[kind.name] += size
    except OposError as fault:
        _log.error("relisting_failed", error=fault.code)
    except Exception as fault:  # noqa: BLE001  (it is logged; the bundle serves without)
        _log.exception("relisting_failed", error=type(fault).__name__)
    for name, size in sizes.items():
        _log.info("records_listed", type=name, members=size)
