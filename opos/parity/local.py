"""The facts about this machine."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from opos.cloud.gcloud import CloudError, Gcloud
from opos.parity.table import Cell
from opos.parity.tools import NoAnswer, output
from opos.terminal.options import Place
from shared.config.files.loader import missing_secrets
from shared.config.files.located_yaml import read_yaml
from shared.config.model import Config
from shared.security.secrets import read_secret

SIGN_IN = "gcloud auth login"
DEFAULTS = "gcloud auth application-default login"


def settings(place: Place) -> dict[str, Cell]:
    environment = place.environment()
    return {"store": Cell(environment["OPOS_STORE"].partition(":")[0]), "bus": Cell(environment["OPOS_BUS"])}


def files(place: Place) -> dict[str, Cell]:
    """The facts that should be the same everywhere: the hashes of the operator's files, and the commit."""
    hashes = {"opos.yaml": _hash(place.config_file), "flags.yaml": _hash(place.flags_file)}
    try:
        commit = output("git", "rev-parse", "HEAD").strip()[:7]
    except NoAnswer:
        commit = "unknown"
    return {**{name: Cell(hash) for name, hash in hashes.items()}, "commit": Cell(commit)}


def secrets(config: Config, place: Place, environment: Mapping[str, str]) -> dict[str, Cell]:
    """By name. An unset secret stops `opos up`, but no deploy."""
    unset = missing_secrets(config, read_yaml(place.config_file), environment)
    lacking = {fault.expected.removeprefix("the secret ").removesuffix(" to be set"): fault.hint for fault in unset}
    return {name: Cell("unset", lacking[name]) for name in lacking} | {
        name: Cell(_how(name, environment)) for name in _named(config) if name not in lacking
    }


def access(gcloud: Gcloud) -> dict[str, Cell]:
    return {"signed in": _signed_in(gcloud), "default credentials": _credentials()}


def _named(config: Config) -> tuple[str, ...]:
    from opos.cloud.declared import all_secrets
    from shared.runtime.settings import SIGNING_KEY

    return tuple(name for name in all_secrets(config) if name != SIGNING_KEY)  # opos generates it on this machine


def _how(name: str, environment: Mapping[str, str]) -> str:
    if read_secret(name, environment) is None:
        return "unset, not required"
    return "set" if environment.get(name) else "in a file"


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "missing"


def _signed_in(gcloud: Gcloud) -> Cell:
    try:
        accounts = gcloud.json("auth", "list", "--filter=status:ACTIVE")
    except CloudError as fault:
        return Cell("unknown", fault.brief, stops=True)
    return Cell(accounts[0]["account"]) if accounts else Cell("nobody", SIGN_IN, stops=True)


def _credentials() -> Cell:
    """The credentials that Google's client libraries find without the network."""
    folder = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config/gcloud")
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    file = Path(named) if named else folder / "application_default_credentials.json"
    if file.is_file() or os.environ.get("FIRESTORE_EMULATOR_HOST"):
        return Cell("found")
    return Cell("none", DEFAULTS, stops=True)
