"""Flags that were checked when the bundle was built, and need not be checked again when it starts.

`opos flags compile` writes them beside flags.yaml; what was made of other files, of another environment or by another
version is not used.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.flags import FlagSet, Plain

if TYPE_CHECKING:
    from shared.config.flag_access import Flags

FORMAT = 1


class Issuer(NamedTuple):
    """As `shared.config.flag_access.Issuer`."""

    issuer: str
    audience: str
    jwks: str | None
    secret: str | None


class Access(NamedTuple):
    """As `shared.config.flag_access.Flags`: who may ask, how often, and who proves to be whom."""

    origins: tuple[str, ...]
    requests_per_minute: int | None
    identity: tuple[Issuer, ...]


class Compiled(NamedTuple):
    flags: FlagSet
    access: Access


def place(flags: Path) -> Path:
    return flags.with_suffix(".compiled.json")


def read(flags: Path, config: Path, environment: str) -> Compiled | None:
    """What was compiled of these files; None where nothing was, or of others."""
    try:
        content = json.loads(place(flags).read_bytes())
        if content["of"] != _of(flags, config, environment):
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    made = {key: Plain(*flag) for key, flag in content["flags"].items()}
    origins, limit, issuers = content["access"]
    access = Access(tuple(origins), limit, tuple(Issuer(*one) for one in issuers))
    return Compiled(FlagSet(made, content["metadata"], environment, content["version"]), access)


def written(found: FlagSet, access: "Flags", flags: Path, config: Path) -> str:
    """What `read` reads, of *found* in the file *flags*, and *access* in *config*."""
    issuers = [(one.issuer, one.audience, one.jwks, one.secret) for one in access.identity]
    content: Mapping[str, Any] = {
        "of": _of(flags, config, found.environment), "version": found.version, "metadata": dict(found.metadata),
        "flags": found.definitions, "access": [access.origins, access.requests_per_minute, issuers],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _of(flags: Path, config: Path, environment: str) -> str:
    from shared.process.facts import version

    said = f"{FORMAT} {version()} {environment} ".encode()
    return hashlib.sha256(said + flags.read_bytes() + b"\0" + config.read_bytes()).hexdigest()
