"""The configuration compiled at build time: a starting function reads only the sections that it needs, without
validation and without importing the models.

It is written and used like flags.compiled.json. It is a pickle, which can run code, so it is exactly as trustworthy as
the code next to it.
"""

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic.version import VERSION as PYDANTIC

from shared.config.derived import Derived
from shared.process.facts import version

if TYPE_CHECKING:
    from shared.config.model import Config

FORMAT = 1


class Sections(Derived):
    """Behaves like the Config whose pickled fields are *parts*."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        """Runs once for each field; afterwards the instance's dictionary holds the value."""
        if name not in self.__dict__.get("_parts", ()):
            raise AttributeError(name)
        section = self.__dict__[name] = pickle.loads(self._parts[name])  # noqa: S301  (made by our own build)
        return section


def place(config: Path) -> Path:
    return config.with_suffix(".compiled.pickle")


def read(config: Path) -> "Config | None":
    """The configuration that this version compiled from this file; None if there is none."""
    try:
        content = pickle.loads(place(config).read_bytes())  # noqa: S301
        parts = content["parts"] if content["of"] == _of(config) else None
    except (OSError, pickle.UnpicklingError, EOFError, LookupError, ValueError, TypeError, AttributeError, ImportError):
        return None
    return cast("Config", Sections(parts)) if parts else None


def written(checked: "Config", config: Path) -> bytes:
    """The bytes for `read`, from the configuration *checked* in the file *config*."""
    parts = {name: pickle.dumps(getattr(checked, name)) for name in type(checked).model_fields}
    return pickle.dumps({"of": _of(config), "parts": parts})


def _of(config: Path) -> str:
    return hashlib.sha256(f"{FORMAT} {version()} {PYDANTIC} ".encode() + config.read_bytes()).hexdigest()
