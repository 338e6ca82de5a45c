"""`opos restore`."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from opos.backups.restoration import Restoration, restore
from opos.bundle.data_folder import lock
from opos.commands.backup import require_embedded
from opos.terminal.options import DATA_FILE, Place, json_option, with_place
from opos.terminal.output import WRONG_USAGE, reports_errors, show, stop
from opos.terminal.progress import progress
from opos.terminal.times import operator_clock
from shared.adapters.sqlite.data_file import files
from shared.values.text import counted

_IN_CLOUD = "Firestore restores its own backups: docs/operations/restore-from-export.md."


@click.command("restore")
@click.argument("backup", metavar="FROM", type=click.Path(path_type=Path))
@click.option("--salvage", is_flag=True, help="Take what can still be read of a damaged file FROM.")
@with_place
@json_option
@reports_errors
def command(backup: Path, place: Place, *, salvage: bool, as_json: bool) -> None:
    """Put the backup FROM in the place of the data of the bundle, which must not be running.

    FROM is verified first. The present data file is kept under another name. Messages that were on their way when the
    backup was made are not sent again.
    """
    require_embedded(place, _IN_CLOUD)
    data_file = place.data / DATA_FILE
    if backup.resolve() in files(data_file):
        stop(WRONG_USAGE, f"expected a backup, found the data file itself: {backup}")
    with lock(place.data), progress(f"Verifying {backup} and putting it in place"):
        done = restore(backup, data_file, now=datetime.now(UTC), salvaging=salvage)
    content = {**asdict(done.state), "left_out": done.left_out, "kept": str(done.kept) if done.kept else None}
    show(content, "\n".join(_lines(done, data_file, place)), as_json=as_json)


def _lines(done: Restoration, data_file: Path, place: Place) -> list[str]:
    clock = operator_clock(place.runtime())
    as_of = f", as of {clock.time_and_age(done.state.as_of)}" if done.state.as_of else ""
    lines = [f"{data_file}: {counted(done.state.events, 'event')}{as_of}"]
    if done.kept:
        lines.append(f"The file that was there is {done.kept}. Delete it when you no longer need it.")
    if done.state.parked:
        messages = counted(len(done.state.parked), "message")
        lines.append(f"{messages} on the way at that time: not sent again. `opos retry` sends, `opos dismiss` drops.")
    if done.left_out:
        lines.append(f"{counted(len(done.left_out), 'document')} not readable and left out: {', '.join(done.left_out)}")
    return [*lines, "Start `opos up`."]
