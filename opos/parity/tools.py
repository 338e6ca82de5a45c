"""The programs of this machine, and the Python of each place."""

import platform
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import metadata

from opos.bundle.emulators import HOW, missing
from opos.cloud.packaging import BUILD_VARIABLES
from opos.parity.run_tool import NoAnswer, asked
from opos.parity.table import HERE, Cell, Row


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
    "pulumi": Tool(("pulumi", "version"), "needed for infra/, which makes what the cloud needs"),
}


def tools(targets: Sequence[str]) -> Iterator[Row]:
    yield _python(targets)
    for name, tool in TOOLS.items():
        yield Row(name, {HERE: _version(tool, deploys=bool(targets))})
    lacking = missing()
    todo = HOW.partition("\n")[0] + " `opos up --backend emulators` tells how." if lacking else ""
    yield Row("emulators", {HERE: Cell(f"missing: {', '.join(lacking)}" if lacking else "installed", todo)})


def _python(targets: Sequence[str]) -> Row:
    """Alike in its first two numbers."""
    here = ".".join(platform.python_version_tuple()[:2])
    built = BUILD_VARIABLES["GOOGLE_PYTHON_VERSION"].removesuffix(".x")
    wanted = metadata("one-person-os")["Requires-Python"]
    todo = (
        f"the cloud runs {built}, and {wanted} is enough; to test with the same: make clean test PYTHON=python{built}"
    )
    return Row("python", {HERE: Cell(here), **dict.fromkeys(targets, Cell(built))}, alike=True, todo=todo)


def _version(tool: Tool, *, deploys: bool) -> Cell:
    if shutil.which(tool.command[0]) is None:
        return Cell("missing", tool.needed, tool.stops and deploys)
    try:
        found = re.search(r"\d+(\.\d+)+", asked(*tool.command))
    except NoAnswer as fault:
        return Cell("no answer", str(fault))
    return Cell(found[0] if found else "installed")
