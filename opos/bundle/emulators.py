"""Google's own emulators of Firestore and Pub/Sub, as processes on this machine. Their data ends with them."""

import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from opos.bundle.ports import PortTaken, is_taken, on_free_port
from opos.bundle.processes import end, start
from shared.errors import OposError, Unavailable
from shared.ports import Set, Store

PROJECT = "demo-opos"
"""Google's tools treat a project called demo-... as one that does not exist, and need no credentials."""
PATIENCE = 60.0
HOW = """Install Google's emulators once, with a Java runtime (17 or newer):
  gcloud components install beta cloud-firestore-emulator pubsub-emulator
or on Debian, from Google's own repository:
  apt install google-cloud-cli-firestore-emulator google-cloud-cli-pubsub-emulator default-jre-headless
gcloud itself: https://cloud.google.com/sdk/docs/install"""
_PARTS = ("cloud-firestore-emulator", "pubsub-emulator")
_COMMANDS = {
    "firestore": ("emulators", "firestore", "start"),
    "pubsub": ("beta", "emulators", "pubsub", "start", f"--project={PROJECT}"),
}


class EmulatorsMissing(OposError):
    code = "bad_settings"


@dataclass(frozen=True, slots=True)
class Emulators:
    """The addresses of both emulators, as `host:port`."""

    firestore: str
    pubsub: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that Google's client libraries read."""
        return {
            "FIRESTORE_EMULATOR_HOST": self.firestore,
            "PUBSUB_EMULATOR_HOST": self.pubsub,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
        }


def missing() -> list[str]:
    """The programs, or the parts of the Google Cloud CLI, that are not installed."""
    if programs := [program for program in ("gcloud", "java") if shutil.which(program) is None]:
        return programs
    platform = Path(str(shutil.which("gcloud"))).resolve().parent.parent / "platform"
    return [part for part in _PARTS if platform.is_dir() and not (platform / part).is_dir()]


def require_installed() -> None:
    """Raises EmulatorsMissing, with how to install the emulators."""
    if lacking := missing():
        raise EmulatorsMissing(f"Not installed, and needed for the emulators: {', '.join(lacking)}.", hint=HOW)


@contextmanager
def emulators(logs: Path) -> Iterator[Emulators]:
    """Runs both emulators on free ports; their logs are in *logs*. They end with all their children."""
    require_installed()
    with ExitStack() as stack:
        with ThreadPoolExecutor(len(_COMMANDS)) as pool:  # Java takes seconds to start
            addresses = pool.map(lambda name: on_free_port(lambda port: _started(name, port, logs, stack)), _COMMANDS)
        running = Emulators(**dict(zip(_COMMANDS, addresses, strict=True)))
        _warm_up(running)
        yield running


def _started(name: str, port: int, logs: Path, stack: ExitStack) -> str:
    """The address of the emulator, once it answers. Raises PortTaken or EmulatorsMissing if it does not."""
    address, log = f"127.0.0.1:{port}", logs / f"{name}.log"
    with log.open("wb") as output:
        process = start(["gcloud", "--quiet", *_COMMANDS[name], f"--host-port={address}"], output=output)
    stack.callback(end, process)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(address):
            return address
        time.sleep(0.05)
    if process.poll() is not None and is_taken(port):
        raise PortTaken(f"The {name} emulator found port {port} in use.")
    log_tail = log.read_text(errors="replace").strip()[-800:]
    raise EmulatorsMissing(f"The {name} emulator did not start. Its log ends with:\n{log_tail}", hint=HOW)


def _warm_up(running: Emulators) -> None:
    """Makes the first calls, for which a fresh Java process may need longer than the deadline of a request."""
    from shared.adapters.firestore.store import connect

    store, deadline = connect(PROJECT, "(default)", running.firestore), time.monotonic() + PATIENCE
    while not _is_warm(store) and time.monotonic() < deadline:
        continue


def _is_warm(store: Store) -> bool:
    try:
        store.commit([Set("probes/warm-up", {"state": "warm"})])
        return store.count("probes", where=[("state", "==", "warm")]) == 1
    except Unavailable:
        return False


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/", timeout=1) as response:
            return bool(response.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
