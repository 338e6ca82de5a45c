"""Secrets are named in opos.yaml and read from the environment: `NAME`, or the file that `NAME_FILE` names."""

from collections.abc import Mapping
from pathlib import Path


def read_secret(name: str, environment: Mapping[str, str]) -> str | None:
    """The value of *name*; None when it is not set, empty, or its file cannot be read."""
    if value := environment.get(name):
        return value
    path = environment.get(f"{name}_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").removesuffix("\n") or None
    except (OSError, UnicodeDecodeError):
        return None
