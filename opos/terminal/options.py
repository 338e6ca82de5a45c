"""The settings of a bundle, from the options that all commands share."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Literal, get_args

import click

from shared.errors import OposError
from shared.runtime.container import Runtime
from shared.runtime.settings import SIGNING_KEY, Settings

Backend = Literal["embedded", "emulators", "cloud"]
EMULATORS_FILE = "emulators.json"
SIGNING_KEY_FILE = "signing.key"

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_OPTIONS = (
    click.option("--data", default=".opos", show_default=True, type=click.Path(path_type=Path), help="Data folder."),
    click.option("--config", "config_file", default="opos.yaml", show_default=True, type=click.Path(path_type=Path)),
    click.option("--flags", "flags_file", default="flags.yaml", show_default=True, type=click.Path(path_type=Path)),
    click.option(
        "--backend", default="embedded", show_default=True, type=click.Choice(get_args(Backend)),
        help="SQLite in the data folder, Google's emulators started by `opos up`, or Google Cloud itself.",
    ),
)  # fmt: skip


class NotRunning(OposError):
    code = "not_running"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bundle keeps its data, and under which files it runs."""

    data: Path
    config_file: Path
    flags_file: Path
    backend: Backend = "embedded"

    def environment(self, **more: str) -> dict[str, str]:
        """The process environment under which every function sees this bundle."""
        files = {"OPOS_CONFIG": str(self.config_file), "OPOS_FLAGS": str(self.flags_file)}
        return {**os.environ, **files, **_ports(self), **more}

    def runtime(self, **more: str) -> Runtime:
        return Runtime(Settings.from_environment(self.environment(**more)))


def with_place(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives *command* the options that say where the bundle is, as one argument, `place`."""

    @wraps(command)
    def placed(*, data: Path, config_file: Path, flags_file: Path, backend: Backend, **rest: Any) -> Any:
        return command(place=Place(data, config_file, flags_file, backend), **rest)

    for option in reversed(_OPTIONS):
        placed = option(placed)
    return placed


def _ports(place: Place) -> dict[str, str]:
    if place.backend == "embedded":
        return {"OPOS_STORE": f"sqlite:///{place.data / 'opos.db'}", "OPOS_BUS": "local"}
    google = {"OPOS_STORE": "firestore", "OPOS_BUS": "pubsub"}
    return google | _emulators(place.data) if place.backend == "emulators" else google


def _emulators(data: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((data / EMULATORS_FILE).read_text())
    except FileNotFoundError:
        hint = f"Start them with `opos up --backend emulators --data {data}`."
        raise NotRunning(f"No emulators are running for {data}.", hint=hint) from None
    return {**found, f"{SIGNING_KEY}_FILE": str(data / SIGNING_KEY_FILE)}
