"""Flags that the build has checked, so that a starting function need not check them.

`opos flags compile` writes them beside flags.yaml. opos ignores a compiled file that was made from other files, for
another environment or by another version.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shared.flags import Definition, FlagSet
from shared.flags.access import Access, Issuer

FORMAT = 1


class Compiled(NamedTuple):
    flags: FlagSet
    access: Access


def place(flags: Path) -> Path:
    """The path of the compiled file of *flags*."""
    return flags.with_suffix(".compiled.json")


def read(flags: Path, config: Path, environment: str) -> Compiled | None:
    """The compiled flags of these files; None if there are none, or if they were made from others."""
    try:
        content = json.loads(place(flags).read_bytes())
        if content["of"] != _of(flags, config, environment):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    definitions = {key: Definition(*fields) for key, fields in content["flags"].items()}
    origins, limit, issuers = content["access"]
    access = Access(tuple(origins), limit, tuple(Issuer(*fields) for fields in issuers))
    return Compiled(FlagSet(definitions, content["metadata"], environment, content["version"]), access)


def written(flag_set: FlagSet, access: Access, flags: Path, config: Path) -> str:
    """The text that `read` reads: *flag_set*, from the file *flags*, and *access*, from the file *config*."""
    content: Mapping[str, Any] = {
        "of": _of(flags, config, flag_set.environment), "version": flag_set.version,
        "metadata": dict(flag_set.metadata), "flags": flag_set.definitions, "access": access,
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _of(flags: Path, config: Path, environment: str) -> str:
    """A hash over all that the compiled flags depend on."""
    from shared.process.facts import version

    head = f"{FORMAT} {version()} {environment} ".encode()
    return hashlib.sha256(head + flags.read_bytes() + b"\0" + config.read_bytes()).hexdigest()
