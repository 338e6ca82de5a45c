"""opos.yaml as it was checked when the bundle was built: a function that starts reads what it needs of it, and imports
what that needs, and checks nothing.

Made with flags.compiled.json and used on the same terms. It is Python's pickle, which runs what it holds: as far to be
trusted as the code beside it.
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
    """Looks and acts as the Config whose pickled fields are *parts*."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        """Reached once for each field: then it stands in the instance's own dictionary."""
        if name not in self.__dict__.get("_parts", ()):
            raise AttributeError(name)
        section = self.__dict__[name] = pickle.loads(self._parts[name])  # noqa: S301  (made by our own build)
        return section


def place(config: Path) -> Path:
    return config.with_suffix(".compiled.pickle")


def read(config: Path) -> "Config | None":
    """What was compiled of this file by this version; None where nothing was, or of another."""
    try:
        content = pickle.loads(place(config).read_bytes())  # noqa: S301
        parts = content["parts"] if content["of"] == _of(config) else None
    except (OSError, pickle.UnpicklingError, EOFError, LookupError, ValueError, TypeError, AttributeError, ImportError):
        return None
    return cast("Config", Sections(parts)) if parts else None


def written(checked: "Config", config: Path) -> bytes:
    """What `read` reads, of *checked* in the file *config*."""
    parts = {name: pickle.dumps(getattr(checked, name)) for name in type(checked).model_fields}
    return pickle.dumps({"of": _of(config), "parts": parts})


def _of(config: Path) -> str:
    return hashlib.sha256(f"{FORMAT} {version()} {PYDANTIC} ".encode() + config.read_bytes()).hexdigest()
