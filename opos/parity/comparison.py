"""A table of all environments, fact by fact."""

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from opos.cloud.declared import all_secrets
from opos.deploy.target import ground
from opos.parity import local
from opos.parity.cloud import Facts, impatient, look
from opos.parity.table import HERE, Cell, Parity, Row
from opos.parity.tools import tools
from opos.terminal.options import Place
from shared.config.deploy import Target
from shared.config.files.loader import load_config
from shared.config.model import Config

_SAME = "differs from this machine; to deploy it: opos deploy --target {}"
Column = Mapping[str, Cell]


def compare(place: Place) -> Parity:
    """The comparison of this machine with the targets of *place*. Raises ConfigError."""
    config = load_config(place.config_file)
    targets = {str(name): target for name, target in config.deploy.targets.items()} if config.deploy else {}
    access = local.access(impatient(next(iter(targets.values())))) if targets and shutil.which("gcloud") else {}
    reachable = bool(access) and not any(cell.stops for cell in access.values())
    there = _there(targets, config, place) if reachable else {}
    rows = [*tools(list(targets)), *(Row(fact, {HERE: cell}) for fact, cell in access.items())]
    rows += [Row("project", {name: facts.project for name, facts in there.items()})] if there else []
    rows += _side_by_side(local.settings(place), {name: facts.settings for name, facts in there.items()})
    here = local.secrets(config, place, place.with_secrets()[0])
    rows += _side_by_side(here, {name: facts.secrets for name, facts in there.items()})
    rows += _alike(local.files(place), {name: facts.files for name, facts in there.items()})
    return Parity([HERE, *targets], rows, _notes(targets, place, reachable=reachable))


def _there(targets: Mapping[str, Target], config: Config, place: Place) -> dict[str, Facts]:
    secrets = all_secrets(config)

    def facts(name: str) -> Facts:
        return look(name, targets[name], secrets, ground(place, name).store)

    with ThreadPoolExecutor() as pool:
        return dict(zip(targets, pool.map(facts, targets), strict=True))


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
        return [f"{place.config_file} has no section `deploy:`, so there is no other environment to compare with."]
    return [] if reachable else [f"{', '.join(targets)}: not compared, because this machine cannot query Google Cloud."]
