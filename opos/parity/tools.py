"""The programs of this machine, and the Python of each environment."""

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import metadata

from opos.bundle.emulators import missing
from opos.cloud.packaging import BUILD_VARIABLES
from opos.parity.table import HERE, Cell, Row

PATIENCE = 8.0


class NoAnswer(Exception):
    """A program is not installed, failed, or took too long; the reason in one line."""


@dataclass(frozen=True, slots=True)
class Tool:
    command: tuple[str, ...]
    needed: str
    stops: bool = False
    """Whether a deploy needs it."""


_GCLOUD = "needed to deploy, and for the emulators: https://cloud.google.com/sdk/docs/install"
TOOLS: Mapping[str, Tool] = {
    "git": Tool(("git", "--version"), "needed to deploy: it names the commit", stops=True),
    "gcloud": Tool(("gcloud", "version"), _GCLOUD, stops=True),
    "java": Tool(("java", "-version"), "needed for the emulators, 17 or newer"),
    "node": Tool(("node", "--version"), "needed for the tests of the frontend"),
    "pulumi": Tool(("pulumi", "version"), "needed for infra/, which creates the resources in the cloud"),
}


def tools(targets: Sequence[str]) -> Iterator[Row]:
    yield _python(targets)
    for name, tool in TOOLS.items():
        yield Row(name, {HERE: _version(tool, deploys=bool(targets))})
    lacking = missing()
    todo = "`opos up --backend emulators` shows how to install them" if lacking else ""
    yield Row("emulators", {HERE: Cell(f"missing: {', '.join(lacking)}" if lacking else "installed", todo)})


def _python(targets: Sequence[str]) -> Row:
    """The version of Python: its first two numbers should be the same everywhere."""
    here = ".".join(platform.python_version_tuple()[:2])
    built = BUILD_VARIABLES["GOOGLE_PYTHON_VERSION"].removesuffix(".x")
    wanted = metadata("one-person-os")["Requires-Python"]
    todo = f"the cloud runs {built}; any {wanted} works. To test with the same: make clean test PYTHON=python{built}"
    return Row("python", {HERE: Cell(here), **dict.fromkeys(targets, Cell(built))}, alike=True, todo=todo)


def _version(tool: Tool, *, deploys: bool) -> Cell:
    if shutil.which(tool.command[0]) is None:
        return Cell("missing", tool.needed, tool.stops and deploys)
    try:
        version = re.search(r"\d+(\.\d+)+", output(*tool.command))
    except NoAnswer as fault:
        return Cell("no answer", str(fault))
    return Cell(version[0] if version else "installed")


def output(*command: str) -> str:
    """What *command* prints. Raises NoAnswer."""
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise NoAnswer("not installed") from None
    except (OSError, subprocess.TimeoutExpired):
        raise NoAnswer(f"no answer within {PATIENCE:g} s") from None
    if done.returncode:
        raise NoAnswer(_reason(done.stderr) or f"exit code {done.returncode}")
    return done.stdout or done.stderr  # Java prints its version to stderr


def _reason(printed: str) -> str:
    """The first line, or the line with the error, because gcloud may print warnings before it."""
    lines = [line for line in printed.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("ERROR")), lines[0] if lines else "")
