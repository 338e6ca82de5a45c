"""Google's own emulators of Firestore and Pub/Sub, as processes of this machine. What they hold ends with them."""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from opos.bundle.processes import end, free_port, start
from shared.errors import OposError, Unavailable
from shared.ports import Set, Store

PROJECT = "demo-opos"
"""Google's tools take a project called demo-... for one that does not exist, and ask for no credentials."""
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
    """Their addresses, `host:port`."""

    firestore: str
    pubsub: str

    @property
    def environment(self) -> dict[str, str]:
        """What Google's client libraries read."""
        return {
            "FIRESTORE_EMULATOR_HOST": self.firestore,
            "PUBSUB_EMULATOR_HOST": self.pubsub,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
        }


def missing() -> list[str]:
    """What is not installed: a program, or a part of the Google Cloud CLI."""
    if programs := [program for program in ("gcloud", "java") if shutil.which(program) is None]:
        return programs
    platform = Path(str(shutil.which("gcloud"))).resolve().parent.parent / "platform"
    return [part for part in _PARTS if platform.is_dir() and not (platform / part).is_dir()]


def require_installed() -> None:
    """Raises EmulatorsMissing, which says how to get them."""
    if lacking := missing():
        raise EmulatorsMissing(f"Not installed, and needed for the emulators: {', '.join(lacking)}.", hint=HOW)


@contextmanager
def emulators(logs: Path) -> Iterator[Emulators]:
    """Both, on free ports, writing into *logs*; ended with all their children at the end."""
    require_installed()
    with ExitStack() as stack:
        started = {name: stack.enter_context(_emulator(name, logs / f"{name}.log")) for name in _COMMANDS}
        for name, (address, process) in started.items():
            _await_ready(name, address, process, logs / f"{name}.log")
        found = Emulators(**{name: address for name, (address, _) in started.items()})
        _warm_up(found)
        yield found


@contextmanager
def _emulator(name: str, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    address = f"127.0.0.1:{free_port()}"
    with log.open("wb") as output:
        process = start(["gcloud", "--quiet", *_COMMANDS[name], f"--host-port={address}"], output=output)
    try:
        yield address, process
    finally:
        end(process)


def _await_ready(name: str, address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace").strip()[-800:]
            raise EmulatorsMissing(f"The {name} emulator did not start. It said:\n{said}", hint=HOW)
        time.sleep(0.05)


def _warm_up(found: Emulators) -> None:
    """A fresh Java process may need longer for its first calls than a deadline allows, so they are made here."""
    from shared.adapters.firestore.store import connect

    store, deadline = connect(PROJECT, "(default)", found.firestore), time.monotonic() + PATIENCE
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
        with urllib.request.urlopen(f"http://{address}/", timeout=1) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
