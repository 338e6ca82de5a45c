"""The checkout to deploy: its commit, the changes to it, and whether its tests passed."""

import getpass
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from opos import git
from shared.errors import OposError

STAMP = Path(".cache/tested")
"""Contains the commit whose tests passed; `make test-all` writes it."""


class NoRepository(OposError):
    code = "bad_settings"


@dataclass(frozen=True, slots=True)
class Source:
    commit: str
    changed: tuple[str, ...]
    """The files that differ from the commit."""
    tested: bool


def source(root: Path) -> Source:
    """The checkout at *root*. Raises NoRepository."""
    commit = _git(root, "rev-parse", "HEAD")
    changed = tuple(line[3:] for line in _git(root, "status", "--porcelain").splitlines())
    return Source(commit, changed, not changed and _stamp(root) == commit)


def stamp(root: Path) -> None:
    """Records that the tests of the commit passed, if no file differs from it."""
    checkout = source(root)
    if not checkout.changed:
        (root / STAMP).parent.mkdir(exist_ok=True)
        (root / STAMP).write_text(checkout.commit)


def who(root: Path) -> str:
    """The person or program that deploys: OPOS_BY, or the e-mail address in git's configuration, or the system user."""
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
    try:
        return git.run(root, words).rstrip("\n")
    except FileNotFoundError:
        raise NoRepository("expected git on the PATH, found none", hint="Install git.") from None
    except subprocess.CalledProcessError as fault:
        hint = "Run this at the top of a clone of your repository that has at least one commit."
        raise NoRepository(f"`git {' '.join(words)}` failed in {root}: {fault.stderr.strip()}", hint=hint) from None


if __name__ == "__main__":
    with suppress(NoRepository):
        stamp(Path.cwd())
