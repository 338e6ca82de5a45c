"""`opos import`."""

import shutil
import tempfile
from collections import deque
from pathlib import Path
from typing import IO

import click

from opos.history.event_log import parse_log, restore
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from shared.config.files.faults import ConfigError, Fault
from shared.config.files.located_yaml import read_yaml
from shared.values.text import counted


@click.command("import")
@click.argument("log", type=click.File("rb"), default="-")
@with_place
@json_option
@reports_errors
def command(place: Place, log: IO[bytes], *, as_json: bool) -> None:
    """Restore the events of LOG, which `opos export` wrote. Events that already exist stay unchanged.

    opos then processes the events that were not processed before the export. If a line is invalid, nothing is written.

    If LOG ends in .yml or .yaml, it is an Alertmanager configuration: the command prints it as sections of opos.yaml,
    and lists what it could not convert.
    """
    if log.name.endswith((".yml", ".yaml")):
        _convert(Path(log.name), as_json=as_json)
        return
    file = _seekable(log)
    deque(parse_log(file), maxlen=0)
    file.seek(0)
    written, there = restore(place.new_runtime().store, parse_log(file))
    text = f"{counted(written, 'event')} restored, {there} already there"
    show({"restored": written, "there": there}, text, as_json=as_json)


def _convert(path: Path, *, as_json: bool) -> None:
    import yaml

    from opos.importers.alertmanager import import_alertmanager

    try:
        imported = import_alertmanager(read_yaml(path).data)
    except ValueError as fault:
        raise ConfigError([Fault(str(path), 1, "", str(fault).removeprefix("expected "), "something else")]) from None
    text = yaml.safe_dump(imported.sections, sort_keys=False, allow_unicode=True, width=110)
    say("\n".join(f"# {note}" for note in imported.notes), err=True)
    show({"sections": imported.sections, "notes": imported.notes}, text.rstrip(), as_json=as_json)


def _seekable(log: IO[bytes]) -> IO[bytes]:
    if log.seekable():
        return log
    copy = tempfile.TemporaryFile()  # noqa: SIM115  (it stays open until the process ends)
    shutil.copyfileobj(log, copy)
    copy.seek(0)
    return copy
