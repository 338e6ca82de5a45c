"""One pair of Google's emulators for the whole test run; each test has a project, and so data, of its own."""

import atexit
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from uuid import uuid4

from opos.bundle.emulators import Emulators, emulators

_running = ExitStack()
atexit.register(_running.close)


@cache
def running() -> Emulators:
    """The emulators, started when the first test asks for them."""
    logs = Path(_running.enter_context(tempfile.TemporaryDirectory(prefix="opos-emulators-")))
    return _running.enter_context(emulators(logs))


def new_project() -> str:
    return f"demo-{uuid4().hex[:12]}"
