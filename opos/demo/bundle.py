"""The demo's own bundle: `opos up` as a process, with fresh data and secrets of its own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from opos.local import environment
from opos.sending import Answer, get
from shared.errors import Unavailable
from shared.loading import load_config
from shared.runtime import Runtime, Settings

T = TypeVar("T")
PATIENCE = 30.0


@dataclass(frozen=True)
class Bundle:
    url: str
    runtime: Runtime
    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, look: Callable[[], T | None]) -> T:
        """What *look* finds, once it finds something. Raises Unavailable when it does not, or the bundle ends."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := look():
                return found
            time.sleep(0.02)
        raise Unavailable("The bundle did not do what was expected.", hint=self.log.read_text()[-2000:])

    def answer(self, path: str) -> Answer | None:
        try:
            return get(f"{self.url}{path}")
        except Unavailable:
            return None


@contextmanager
def bundle(port: int) -> Iterator[Bundle]:
    """A running bundle on *port*, or on a free one where that is taken; stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="opos-demo-") as folder:
        data, here = Path(folder), Path(str(files("opos.demo")))
        url = f"http://127.0.0.1:{_free(port)}"
        names = environment(data, here / "opos.yaml", here / "flags.yaml", OPOS_PUBLIC_URL=url, **_secrets(here))
        with (data / "log").open("wb") as log, _process(data, here, url, names, log) as process:
            running = Bundle(url, Runtime(Settings.from_environment(names)), process, data / "log")
            running.wait_for(lambda: running.answer("/livez"))
            yield running


@contextmanager
def _process(data: Path, here: Path, url: str, names: dict[str, str], log: object) -> Iterator[subprocess.Popen[bytes]]:
    arguments = ["up", "--data", str(data), "--config", str(here / "opos.yaml"), "--flags", str(here / "flags.yaml")]
    process = subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, "-m", "opos", *arguments, "--port", url.rpartition(":")[2], "--public-url", url],
        env=names, stdout=log, stderr=log, start_new_session=True,
    )  # type: ignore[call-overload]  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _secrets(here: Path) -> dict[str, str]:
    sources = load_config(here / "opos.yaml").sources.values()
    key = secrets.token_urlsafe(24).replace("-", "A").replace("_", "B")
    return {
        name: f"whsec_{key}" if source.scheme in {"stripe", "standard-webhooks"} else key
        for source in sources
        for name in source.secrets
    }


def _free(port: int) -> int:
    for candidate in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("No free port was found.", hint=f"pid {os.getpid()} may be out of sockets.")
