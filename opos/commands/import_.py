"""`opos import`."""

import shutil
import tempfile
from collections import deque
from pathlib import Path
from typing import IO

import click

from opos.history.event_log import parse_log, restore
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from shared.config.files.faults import ConfigError, Fault
from shared.config.files.located_yaml import read_yaml


@click.command("import")
@click.argument("log", type=click.File("rb"), default="-")
@with_place
@json_option
@reports_errors
def command(place: Place, log: IO[bytes], *, as_json: bool) -> None:
    """Restore the events of LOG, as `opos export` wrote them. What is there already is left as it is.

    Events that had not been handled when they were exported will be. Nothing is written unless every line is good.

    A LOG that ends in .yml or .yaml is an Alertmanager configuration instead: it is printed as sections of opos.yaml,
    and what could not be carried is named.
    """
    if log.name.endswith((".yml", ".yaml")):
        _take_over(Path(log.name), as_json=as_json)
        return
    file = _seekable(log)
    deque(parse_log(file), maxlen=0)
    file.seek(0)
    written, there = restore(place.runtime().store, parse_log(file))
    text = f"{written} events restored, {there} were there already"
    show({"restored": written, "there": there}, text, as_json=as_json)


def _take_over(path: Path, *, as_json: bool) -> None:
    import yaml

    from opos.importers.alertmanager import import_alertmanager

    try:
        found = import_alertmanager(read_yaml(path).data)
    except ValueError as fault:
        raise ConfigError([Fault(str(path), 1, "", str(fault).removeprefix("expected "), "something else")]) from None
    text = yaml.safe_dump(found.sections, sort_keys=False, allow_unicode=True, width=110)
    click.echo("\n".join(f"# {note}" for note in found.notes), err=True)
    show({"sections": found.sections, "notes": found.notes}, text.rstrip(), as_json=as_json)


def _seekable(log: IO[bytes]) -> IO[bytes]:
    if log.seekable():
        return log
    copy = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as the process)
    shutil.copyfileobj(log, copy)
    copy.seek(0)
    return copy
