"""The demo's bundle: `opos up` as a process, with new data and secrets in a temporary folder."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, TypeVar

from opos.bundle.ports import free_port, is_taken
from opos.bundle.processes import end, start
from opos.company import SHIPPED
from opos.terminal.http import Answer, get
from opos.terminal.options import COMPANY, Backend, Place
from shared.config.files.loader import load_config
from shared.errors import Unavailable
from shared.runtime.container import Runtime

T = TypeVar("T")
PATIENCE = 60.0


@dataclass(frozen=True)
class Bundle:
    url: str
    runtime: Runtime
    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, look: Callable[[], T | None]) -> T:
        """The first result of *look* that is not None. Raises Unavailable if none comes in time or the bundle ends."""
        return _wait_for(look, self.process, self.log)


@contextmanager
def bundle(port: int, backend: Backend) -> Iterator[Bundle]:
    """A running bundle on *port*, or on a free port if that is in use; stopped and deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="opos-demo-") as folder:
        data, here = Path(folder), Path(str(files("opos.demo")))
        place = Place(data, here / "opos.yaml", here / "flags.yaml", backend)
        url = f"http://127.0.0.1:{_port(port)}"
        secrets = {**_secrets(here), COMPANY: str(SHIPPED)}
        with (data / "log").open("wb") as log, _process(place, url, {**os.environ, **secrets}, log) as process:
            _wait_for(lambda: _answer(f"{url}/livez"), process, data / "log")
            yield Bundle(url, place.new_runtime(OPOS_PUBLIC_URL=url, **secrets), process, data / "log")


@contextmanager
def _process(place: Place, url: str, environment: dict[str, str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    arguments = ["--data", str(place.data), "--config", str(place.config_file), "--flags", str(place.flags_file)]
    arguments += ["--backend", place.backend, "--port", url.rpartition(":")[2], "--public-url", url]
    process = start([sys.executable, "-P", "-m", "opos", "up", *arguments], environment=environment, output=log)
    try:
        yield process
    finally:
        end(process, patience=30)


def _wait_for(look: Callable[[], T | None], process: subprocess.Popen[bytes], log: Path) -> T:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if result := look():
            return result
        time.sleep(0.02)
    raise Unavailable(f"The bundle ended, or did not respond within {PATIENCE:.0f} s.", hint=log.read_text()[-2000:])


def _answer(url: str) -> Answer | None:
    try:
        return get(url)
    except Unavailable:
        return None


def _secrets(here: Path) -> dict[str, str]:
    sources = load_config(here / "opos.yaml").sources.values()
    key = secrets.token_urlsafe(24).replace("-", "A").replace("_", "B")
    return {
        name: f"whsec_{key}" if source.scheme in {"stripe", "standard-webhooks"} else key
        for source in sources
        for name in source.secrets
    }


def _port(port: int) -> int:
    return free_port() if is_taken(port) else port
