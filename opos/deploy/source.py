"""What is about to be deployed: the commit, whether it is whole, and whether its tests have passed."""

import getpass
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.errors import OposError

STAMP = Path(".cache/tested")
"""Holds the commit whose tests have passed; `make test-all` writes it."""


class NoRepository(OposError):
    code = "bad_settings"


@dataclass(frozen=True, slots=True)
class Source:
    commit: str
    changed: tuple[str, ...]
    """The files that differ from the commit."""
    tested: bool


def source(root: Path) -> Source:
    """Raises NoRepository."""
    commit = _git(root, "rev-parse", "HEAD")
    changed = tuple(line[3:] for line in _git(root, "status", "--porcelain").splitlines())
    return Source(commit, changed, not changed and _stamp(root) == commit)


def stamp(root: Path) -> None:
    """Note that the tests of the commit have passed, where nothing differs from it."""
    found = source(root)
    if not found.changed:
        (root / STAMP).parent.mkdir(exist_ok=True)
        (root / STAMP).write_text(found.commit)


def who(root: Path) -> str:
    """Who deploys: as OPOS_BY says, else by git's name for them, or the system's."""
    try:
        return os.environ.get("OPOS_BY") or _git(root, "config", "user.email")
    except NoRepository:
        return _user()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _stamp(root: Path) -> str:
    try:
        return (root / STAMP).read_text().strip()
    except OSError:
        return ""


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip("\n")  # noqa: S603
    except FileNotFoundError:
        raise NoRepository("expected git on the PATH, found none", hint="Install git.") from None
    except subprocess.CalledProcessError as fault:
        hint = "Deploy from a clone of your repository, at its top, with at least one commit."
        raise NoRepository(f"`{' '.join(command)}` failed: {fault.stderr.strip()}", hint=hint) from None


if __name__ == "__main__":
    with suppress(NoRepository):
        stamp(Path.cwd())
