"""The options that all commands share, and the bundle that they name."""

import json
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any, Literal, get_args

import click

from opos.terminal.groups import Choice
from opos.terminal.output import say
from shared.config.files.dotenv import NAME as DOTENV_FILE
from shared.config.files.dotenv import variables
from shared.config.files.faults import Fault
from shared.errors import OposError
from shared.runtime.container import Runtime
from shared.runtime.settings import DOTENV, SIGNING_KEY, Settings

Backend = Literal["embedded", "emulators", "cloud"]
PUBLIC_URL, COMPANY = "OPOS_PUBLIC_URL", "OPOS_COMPANY"
EMULATORS_FILE = "emulators.json"
DATA_FILE = "opos.db"
SIGNING_KEY_FILE = "signing.key"
_ADDRESSES = ("FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT")

DEFAULTS = {"--data": ".opos", "--config": "opos.yaml", "--flags": "flags.yaml", "--backend": "embedded"}
json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
_OPTIONS = (
    click.option(
        "--data", default=DEFAULTS["--data"], show_default=True, type=click.Path(path_type=Path), help="Data folder."
    ),
    click.option(
        "--config", "config_file", default=DEFAULTS["--config"], show_default=True, type=click.Path(path_type=Path),
        help="Configuration file.",
    ),
    click.option(
        "--flags", "flags_file", default=DEFAULTS["--flags"], show_default=True, type=click.Path(path_type=Path),
        help="Flag file.",
    ),
    click.option(
        "--backend", default=DEFAULTS["--backend"], show_default=True, type=Choice(get_args(Backend)),
        help="SQLite in the data folder, the emulators that `opos up` started, or Google Cloud.",
    ),
)  # fmt: skip


class NotRunning(OposError):
    code = "not_running"


class NoBundle(OposError):
    """The data folder holds no bundle: a mistyped --data must neither look like an idle bundle nor create one."""

    code = "no_bundle"


@dataclass(frozen=True, slots=True)
class Place:
    """A bundle: its data folder, its configuration files and its backend."""

    data: Path
    config_file: Path
    flags_file: Path
    backend: Backend = "embedded"

    @property
    def company(self) -> Path:
        """The folder with the operator's own code, which every function uses."""
        return Path(os.environ.get(COMPANY, self.config_file.parent / "company"))

    def environment(self, **more: str) -> dict[str, str]:
        """The process environment in which every function uses this bundle."""
        files = {"OPOS_CONFIG": str(self.config_file), "OPOS_FLAGS": str(self.flags_file)}
        return {**os.environ, **self._dotenv(), **self._public_url(), **files, **_ports(self), **more}

    def _dotenv(self) -> dict[str, str]:
        """The file of secrets beside the configuration. In the cloud, nothing reads one: Secret Manager has them."""
        file = self.config_file.parent / DOTENV_FILE
        if self.backend == "cloud" or not file.is_file():
            return {}
        if file.stat().st_mode & stat.S_IROTH:
            _warn_of_readers(file)
        return {DOTENV: str(file)}

    def _public_url(self) -> dict[str, str]:
        """That of the bundle that runs in this place, so that a link which a command makes leads to it."""
        from opos.bundle.data_folder import public_address

        is_set = self.backend == "cloud" or PUBLIC_URL in os.environ
        url = None if is_set else public_address(self.data)
        return {PUBLIC_URL: url} if url else {}

    def with_secrets(self) -> tuple[dict[str, str], list[Fault]]:
        """The environment of this process with the variables of `.env`, and the errors of that file."""
        file = self._dotenv().get(DOTENV)
        added, faults = variables(Path(file), os.environ) if file else ({}, [])
        return {**added, **os.environ}, faults

    def runtime(self, **more: str) -> Runtime:
        """The bundle in this place. Raises NoBundle if there is none, and creates nothing."""
        self.require_bundle()
        return self.new_runtime(**more)

    def require_bundle(self) -> None:
        """Raises NoBundle if there is no bundle in this place, DataFileReplaced if a running one has lost its file."""
        if self.backend != "embedded" or (self.data / DATA_FILE).is_file():
            return
        from opos.bundle.data_folder import is_running
        from shared.adapters.sqlite.faults import replaced

        if is_running(self.data):
            raise replaced()
        if not self.config_file.is_file():
            raise NoBundle(
                f"There is no bundle in the folder {self.data}, and no {self.config_file}.",
                hint="`opos init` creates a bundle in this folder. Or name your bundle's folder with --data.",
            )
        raise NoBundle(
            f"There is no bundle in the folder {self.data}: expected the file {self.data / DATA_FILE}.",
            hint=f"Name your bundle's folder with --data, or start a new bundle with `opos up --data {self.data}`.",
        )

    def new_runtime(self, **more: str) -> Runtime:
        """The bundle in this place, which its first write creates: for commands that start one or only configure.

        A line of `.env` that cannot be read is only warned about: at 3 a.m. it may be none that the command needs.
        """
        return Runtime(Settings.from_environment(self.environment(**more), unreadable=_warn_of_lines))


def with_place(command: Callable[..., Any]) -> Callable[..., Any]:
    """*command* with the options that name the bundle, which it receives as one argument, `place`."""

    @wraps(command)
    def placed(*, data: Path, config_file: Path, flags_file: Path, backend: Backend, **rest: Any) -> Any:
        return command(place=Place(data, config_file, flags_file, backend), **rest)

    for option in reversed(_OPTIONS):
        placed = option(placed)
    return placed


@cache
def _warn_of_readers(file: Path) -> None:
    say(f"warning: {file} contains secrets, and all users of this machine can read it. Run: chmod 600 {file}", err=True)


def _warn_of_lines(faults: Sequence[Fault]) -> None:
    for fault in faults:
        _warn_of_line(fault)


@cache
def _warn_of_line(fault: Fault) -> None:
    say(f"warning: {fault}. This command goes on without the line.", err=True)


def _ports(place: Place) -> dict[str, str]:
    if place.backend == "embedded":
        return {"OPOS_STORE": f"sqlite:///{place.data / DATA_FILE}", "OPOS_BUS": "local"}
    google = {"OPOS_STORE": "firestore", "OPOS_BUS": "pubsub"}
    return google | _emulators(place.data) if place.backend == "emulators" else google


def _emulators(data: Path) -> dict[str, str]:
    try:
        stated = json.loads((data / EMULATORS_FILE).read_text())
    except FileNotFoundError:
        hint = f"Start them with `opos up --backend emulators --data {data}`."
        raise NotRunning(f"No emulators are running for {data}.", hint=hint) from None
    addresses = {name: str(stated[name]) for name in _ADDRESSES if name in stated}  # and no other variable
    return {**addresses, f"{SIGNING_KEY}_FILE": str(data / SIGNING_KEY_FILE)}
