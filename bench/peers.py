"""Peers from Debian, npm and PyPI, each in a folder of the bench's own: nothing on the machine is changed."""

import json
import os
import shutil
import subprocess
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".cache" / "bench" / "peers"
PATIENCE = 900
"""Seconds that an installation may take."""


class Missing(Exception):
    """A peer cannot be had here; the text says why."""


def debian(package: str) -> Path:
    """The folder into which Debian's *package* was unpacked, without those that it depends on. Raises Missing."""
    folder = FOLDER / package
    if not _is_complete(folder):
        _require("apt-get", "dpkg-deb")
        _begin(folder)
        _run(["apt-get", "download", package], folder)
        _run(["dpkg-deb", "-x", str(next(folder.glob("*.deb"))), "."], folder)
        _end(folder)
    return folder


def debian_version(folder: Path) -> str:
    """The version in the name of the package that `debian` unpacked in *folder*."""
    return next(folder.glob("*.deb")).name.split("_")[1]


def npm(
    package: str,
    version: str,
    name: str,
    *,
    instead: Mapping[str, str] | None = None,
    build: Sequence[str] | None = None,
) -> Path:
    """The program *name* of *package* from npm, with other releases *instead* of some packages that it depends on.

    Where *build* is given, only the install scripts of these are run. Raises Missing.
    """
    folder = FOLDER / f"{package}-{version}"
    if not _is_complete(folder):
        _require("npm", "node")
        _begin(folder)
        (folder / "package.json").write_text(json.dumps({"private": True, "overrides": dict(instead or {})}))
        options = ["--no-audit", "--no-fund", "--no-save", "--omit=dev", "--legacy-peer-deps"]
        options += [] if build is None else ["--ignore-scripts"]
        _run(["npm", "install", "--prefix", str(folder), *options, f"{package}@{version}"], folder, _headers())
        if build:
            _run(["npm", "rebuild", "--prefix", str(folder), *build], folder, _headers())
        _end(folder)
    return folder / "node_modules" / ".bin" / name


def _headers() -> dict[str, str]:
    """Where node's own headers are, without which a native module would be built with those of a download."""
    root = Path(shutil.which("node") or "/usr/bin/node").resolve().parents[1]
    return {"npm_config_nodedir": str(root)} if (root / "include" / "node").is_dir() else {}


def pypi(name: str, needed: Sequence[str], peers: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """The Python of an environment called *name* with the packages *needed* and *peers*, and which peers are missing.

    Raises Missing where *needed* cannot be had.
    """
    folder, missing = FOLDER / name, {}
    python = folder / "bin" / "python"
    if not _is_complete(folder):
        _begin(folder)
        venv.create(folder, with_pip=True)
        _run([str(python), "-m", "pip", "install", "-q", *needed], folder)
        for peer in peers:
            try:
                _run([str(python), "-m", "pip", "install", "-q", peer], folder)
            except Missing as fault:
                missing[peer] = str(fault)
        if not missing:
            _end(folder)
    return python, missing


def _require(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed")


def _run(command: list[str], folder: Path, more: Mapping[str, str] | None = None) -> None:
    """With *more* in its environment."""
    names = {**os.environ, **(more or {})}
    try:
        subprocess.run(command, cwd=folder, env=names, check=True, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.CalledProcessError as fault:
        said = [line for line in (fault.stderr or fault.stdout).splitlines() if line.strip()]
        raise Missing(f"{' '.join(command[:3])}: {said[-1] if said else fault}"[:200]) from fault
    except subprocess.TimeoutExpired as fault:
        raise Missing(f"{' '.join(command[:3])}: not done after {PATIENCE} s") from fault


def _is_complete(folder: Path) -> bool:
    return (folder / "complete").exists()


def _begin(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _end(folder: Path) -> None:
    (folder / "complete").touch()
