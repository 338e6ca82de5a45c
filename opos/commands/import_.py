"""`opos import`."""

import shutil
import tempfile
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from opos.history.event_log import parse_log, restore
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, say, show
from shared.config.files.located_yaml import read_yaml
from shared.values.text import counted, readable

if TYPE_CHECKING:
    from opos.importers.alertmanager.conversion import Imported


@click.command("import")
@click.argument("log", type=click.File("rb"), default="-")
@click.option("--check", is_flag=True, help="Compare the decisions of an imported alertmanager.yml with amtool's.")
@with_place
@json_option
@reports_errors
def command(place: Place, log: IO[bytes], *, check: bool, as_json: bool) -> None:
    """Restore the events of LOG, which `opos export` wrote. Events that already exist stay unchanged.

    opos then processes the events that were not processed before the export. If a line is invalid, nothing is written.

    If LOG ends in .yml or .yaml, it is an Alertmanager configuration: the command prints it as sections of opos.yaml,
    and lists what it could not convert. With --check it also asks Alertmanager's amtool, if that is installed, which
    receivers get alerts with many sets of labels, and prints where the sections mean something else.
    """
    if log.name.endswith((".yml", ".yaml")):
        _convert(Path(log.name), check=check, as_json=as_json)
        return
    if check:
        raise click.UsageError("--check needs an Alertmanager configuration, whose name ends in .yml or .yaml")
    file = _seekable(log)
    deque(parse_log(file), maxlen=0)
    file.seek(0)
    written, there = restore(place.new_runtime().store, parse_log(file))
    text = f"{counted(written, 'event')} restored, {there} already there"
    show({"restored": written, "there": there}, text, as_json=as_json)


def _convert(path: Path, *, check: bool, as_json: bool) -> None:
    import yaml

    from opos.importers.alertmanager.conversion import import_alertmanager

    imported = import_alertmanager(read_yaml(path, as_text=True))
    text = yaml.safe_dump(imported.sections, sort_keys=False, allow_unicode=True, width=110)
    lines, is_same = _checked(path, imported) if check else ([], True)
    say("\n".join(f"# {readable(note)}" for note in [*imported.notes, *lines]), err=True)
    content = {"sections": imported.sections, "notes": imported.notes} | ({"check": lines} if check else {})
    show(content, text.rstrip(), as_json=as_json)
    if not is_same:
        raise SystemExit(FAILED)


def _checked(path: Path, imported: "Imported") -> tuple[list[str], bool]:
    """What the comparison with amtool says, and whether there is no difference."""
    from opos.importers.alertmanager.amtool import NotCompared
    from opos.importers.alertmanager.decisions import compare

    try:
        comparison = compare(path, imported)
    except NotCompared as reason:
        return [f"check: {reason.message}"], True
    return list(comparison), not comparison.differences


def _seekable(log: IO[bytes]) -> IO[bytes]:
    if log.seekable():
        return log
    copy = tempfile.TemporaryFile()  # noqa: SIM115  (it stays open until the process ends)
    shutil.copyfileobj(log, copy)
    copy.seek(0)
    return copy
