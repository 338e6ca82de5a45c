"""Peers from Debian, npm and PyPI, each in a folder of the bench's own: nothing on the machine is changed."""

import shutil
import subprocess
import venv
from collections.abc import Sequence
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


def npm(package: str, version: str, name: str) -> Path:
    """The program *name* of *package* from npm. Raises Missing."""
    folder = FOLDER / f"{package}-{version}"
    if not _is_complete(folder):
        _require("npm")
        _begin(folder)
        options = ["--no-audit", "--no-fund", "--no-save", "--omit=dev", "--legacy-peer-deps"]
        _run(["npm", "install", "--prefix", str(folder), *options, f"{package}@{version}"], folder)
        _end(folder)
    return folder / "node_modules" / ".bin" / name


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


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=PATIENCE)
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
