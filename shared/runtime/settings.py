"""The settings of a process, from its environment (DESIGN, section 7)."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import OposError

if TYPE_CHECKING:
    from shared.config.files.faults import Fault

DOTENV = "OPOS_DOTENV"
"""The file with more secrets of this machine, which the command line names. A deployment has none."""
SIGNING_KEY = "OPOS_SIGNING_KEY"
DEFAULT_URL = "http://127.0.0.1:8080"


class SettingsError(OposError):
    """The environment holds a setting that is not valid, or settings that exclude each other."""

    code = "bad_settings"


def refuse(faults: "Sequence[Fault]") -> None:
    """Raises ConfigError with *faults*."""
    from shared.config.files.faults import ConfigError

    raise ConfigError(faults)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this process. `environment` holds the others, and the secrets, so it is never shown."""

    store: str
    bus: str
    config: Path
    flags: Path
    company: Path
    """The folder with the operator's own code."""
    public_url: str | None
    deployed: bool
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, *, unreadable: "Callable[[Sequence[Fault]], None]" = refuse
    ) -> "Settings":
        """The settings in *environment*. *unreadable* gets the errors of the file that DOTENV names, if it has any.

        Raises ConfigError for them unless *unreadable* accepts them; the settings then have the other lines.
        """
        environment = _with_dotenv(environment, unreadable)
        config = Path(environment.get("OPOS_CONFIG", "opos.yaml"))
        return cls(
            store=environment.get("OPOS_STORE", "sqlite:///.opos/opos.db"),
            bus=environment.get("OPOS_BUS", "local"),
            config=config,
            flags=Path(environment.get("OPOS_FLAGS", "flags.yaml")),
            company=Path(environment.get("OPOS_COMPANY", config.parent / "company")),
            public_url=environment.get("OPOS_PUBLIC_URL"),
            deployed="K_SERVICE" in environment,
            environment=environment,
        )

    @property
    def on_firestore(self) -> bool:
        return self.store == "firestore"

    @property
    def release(self) -> str:
        """The commit that was deployed, or the platform's name of the revision; empty where neither is set."""
        return self.environment.get("OPOS_RELEASE") or self.environment.get("K_REVISION") or ""

    @property
    def flag_environment(self) -> str:
        """The environment of flags.yaml that this process evaluates."""
        return self.environment.get("OPOS_ENVIRONMENT", "")


def _with_dotenv(environment: Mapping[str, str], unreadable: "Callable[[Sequence[Fault]], None]") -> Mapping[str, str]:
    if not (file := environment.get(DOTENV)):
        return environment
    from shared.config.files.dotenv import variables

    added, faults = variables(Path(file), environment)
    if faults:
        unreadable(faults)
    return {**added, **environment}
