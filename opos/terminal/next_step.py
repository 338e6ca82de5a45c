"""Commands that work when they are pasted: with the path of opos, and the options that name this bundle."""

import os
import shlex
import sys
from pathlib import Path
from shutil import which

from opos.terminal.options import DEFAULTS, Place


def command_line(place: Place, *words: str) -> str:
    """The command `opos` with *words*, for the bundle in *place*, for the shell in which this command was typed."""
    stated = {
        "--data": str(place.data), "--config": str(place.config_file), "--flags": str(place.flags_file),
        "--backend": place.backend,
    }  # fmt: skip
    options = [part for name, value in stated.items() if value != DEFAULTS[name] for part in (name, value)]
    return f"{program()} {shlex.join([*words, *options])}"


def program() -> str:
    """How the operator called opos."""
    called = Path(sys.argv[0])
    if called.parts[-2:] == ("opos", "__main__.py"):
        return f"{shlex.quote(Path(sys.executable).name)} -m opos"
    if called.name != "opos" or which("opos") == os.path.abspath(called):  # noqa: PTH100  (a link stays one)
        return "opos"
    near = os.path.relpath(called)
    return shlex.quote(str(called) if near.startswith("..") else near)
