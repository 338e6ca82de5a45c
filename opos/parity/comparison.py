"""The places beside each other."""

import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from opos.cloud.declared import all_secrets
from opos.deploy.target import ground
from opos.parity import local
from opos.parity.cloud import Found, look
from opos.parity.table import HERE, Cell, Parity, Row
from opos.parity.tools import tools
from opos.terminal.options import Place
from shared.config.deploy import Target
from shared.config.files.loader import load_config
from shared.config.model import Config

_SAME = "what runs there is not what is here; to bring it there: opos deploy --target {}"
Column = Mapping[str, Cell]


def compare(place: Place) -> Parity:
    """Raises ConfigError."""
    config = load_config(place.config_file)
    targets = {str(name): target for name, target in config.deploy.targets.items()} if config.deploy else {}
    access = local.access() if targets and shutil.which("gcloud") else {}
    reachable = bool(access) and not any(cell.stops for cell in access.values())
    found = _found(targets, config, place) if reachable else {}
    rows = [*tools(list(targets)), *(Row(fact, {HERE: cell}) for fact, cell in access.items())]
    rows += [Row("project", {name: one.project for name, one in found.items()})] if found else []
    rows += _side_by_side(local.settings(place), {name: one.settings for name, one in found.items()})
    here = local.secrets(config, place, os.environ)
    rows += _side_by_side(here, {name: one.secrets for name, one in found.items()})
    rows += _alike(local.files(place), {name: one.files for name, one in found.items()})
    return Parity([HERE, *targets], rows, _notes(targets, place, reachable=reachable))


def _found(targets: Mapping[str, Target], config: Config, place: Place) -> dict[str, Found]:
    secrets = all_secrets(config)

    def one(name: str) -> Found:
        return look(name, targets[name], secrets, ground(place, name).store)

    with ThreadPoolExecutor() as pool:
        return dict(zip(targets, pool.map(one, targets), strict=True))


def _side_by_side(here: Column, there: Mapping[str, Column]) -> Iterator[Row]:
    facts = dict.fromkeys([*here, *(fact for column in there.values() for fact in column)])
    for fact in facts:
        columns = {HERE: here, **there}
        yield Row(fact, {name: column[fact] for name, column in columns.items() if fact in column})


def _alike(here: Column, there: Mapping[str, Column]) -> Iterator[Row]:
    for row in _side_by_side(here, there):
        behind = [name for name, cell in row.cells.items() if cell.said != row.cells[HERE].said and not cell.todo]
        yield Row(row.fact, row.cells, alike=True, todo=_SAME.format(" or ".join(behind)) if behind else "")


def _notes(targets: Mapping[str, Target], place: Place, *, reachable: bool) -> list[str]:
    if not targets:
        return [f"{place.config_file} has no section `deploy:`, so there is no other place to compare with."]
    return [] if reachable else [f"{', '.join(targets)}: not looked at, since nobody can ask Google from here."]
