"""Secrets on this machine: in files that NAME_FILE names, or in the environment and `.env`."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from opos.terminal.files import write_whole
from shared.security.secrets import read_secret


@dataclass(frozen=True, slots=True)
class Files:
    """Secrets in files that NAME_FILE names. A running function reads the file for each webhook."""

    environment: Mapping[str, str]
    restarted: bool
    """Whether the running bundle, if any, started after both secrets had a file."""
    at_once: bool = True
    restart: str = "restart `opos up`"
    reload: None = None
    confirm: str = " --restarted"

    def value(self, name: str) -> str | None:
        return read_secret(name, {f"{name}_FILE": str(self._file(name))})

    def put(self, name: str, value: str) -> str:
        file = self._file(name)
        write_whole(file, value, mode=0o600)
        named = f"{name}_FILE" in self.environment
        return f"{name}: written to {file}" + ("" if named else f"; export {name}_FILE={shlex.quote(str(file))}")

    def copy(self, name: str, to: str) -> str:
        return self.put(to, str(self.value(name)))

    def forget(self, name: str) -> list[str]:  # noqa: ARG002  (a file keeps no versions)
        return []

    def is_known(self, name: str) -> bool:
        return self.restarted and f"{name}_FILE" in self.environment

    def where(self, name: str) -> str:
        return f"cat {shlex.quote(str(self._file(name)))}"

    def _file(self, name: str) -> Path:
        """The file of a secret; for a new secret, a file next to that of the other one of the pair."""
        if named := self.environment.get(f"{name}_FILE"):
            return Path(named)
        other = Path(self.environment[f"{name.removesuffix('_OLD')}_FILE"])
        return other.absolute().with_name(name)


@dataclass(frozen=True, slots=True)
class Shell:
    """Secrets in the environment or `.env`. The operator gets the lines that change either."""

    environment: Mapping[str, str]
    at_once: bool = False
    restart: str = "add these lines at the end of .env, or run them where you start `opos up`, and restart it"
    confirm: str = ""

    @property
    def reload(self) -> str:
        return self.restart

    def value(self, name: str) -> str | None:
        return read_secret(name, self.environment)

    def put(self, name: str, value: str) -> str:
        return f"export {name}={shlex.quote(value)}"

    def copy(self, name: str, to: str) -> str:
        return f'export {to}="${name}"'

    def forget(self, name: str) -> list[str]:  # noqa: ARG002
        return []

    def is_known(self, name: str) -> bool:  # noqa: ARG002
        return True

    def where(self, name: str) -> str:
        return f"the last line above that sets {name} has it"


def local(name: str, environment: Mapping[str, str], *, restarted: bool) -> Files | Shell:
    """The backend of the secret *name*. As in `read_secret`, a value in the environment precedes a file."""
    if not environment.get(name) and environment.get(f"{name}_FILE"):
        return Files(environment, restarted)
    return Shell(environment)
