"""Secrets are named in opos.yaml and read from the environment: `NAME`, or the file that `NAME_FILE` names."""

import contextlib
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

OLD = "_OLD"
"""The end of the name of a secret that a rotation replaces."""


def read_secret(name: str, environment: Mapping[str, str]) -> str | None:
    """The value of *name*; None if it is not set or blank, or if its file is not readable."""
    value = environment.get(name)
    if value and value.strip():
        return value
    path = environment.get(f"{name}_FILE")
    if not path:
        return None
    try:
        value = Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return value if value.strip() else None


def flaw(value: str) -> str:
    """What a text editor or a shell left in the secret *value*, in words that do not quote it; empty if nothing.

    opos does not remove it: the sender's copy may have it too.
    """
    if value[-1:].isspace():
        return "ends in whitespace"
    if value[:1].isspace():
        return "begins with whitespace"
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return "is in quotes" if is_quoted else ""


def may_be_unset(name: str, names: Sequence[str]) -> bool:
    """Whether *name*, one of the *names* of a sender's secrets, is an old one, set only during a rotation."""
    return name.endswith(OLD) and any(not other.endswith(OLD) for other in names)


def kept_key(path: Path) -> str:
    """The key in the file *path*, created at first use; if several processes create it, one of them wins."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.stem}.{secrets.token_hex(16)}.key")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    with contextlib.suppress(OSError):  # health reports a file that stays readable for other users
        path.chmod(0o600)
    return path.read_text()
