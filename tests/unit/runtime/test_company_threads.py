"""`company/` is loaded while other threads import."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from shared.runtime.company import load_kinds


@contextmanager
def imports_meanwhile() -> Iterator[None]:
    """Another thread adds modules all the time, and threads change as often as they can."""
    names = [f"imported_meanwhile_{number}" for number in range(1000)]
    stopping, interval = threading.Event(), sys.getswitchinterval()

    def add() -> None:
        while not stopping.is_set():
            for name in names:
                sys.modules[name] = ModuleType(name)
            for name in names:
                del sys.modules[name]

    thread = threading.Thread(target=add)
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_it_can_be_loaded_while_another_thread_imports(tmp_path: Path) -> None:
    with imports_meanwhile():
        for number in range(60):
            assert load_kinds(tmp_path / f"company-{number % 2}") == {}
