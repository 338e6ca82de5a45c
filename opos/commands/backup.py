"""`opos backup`."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from opos.backups.dated_files import KEEP, dated_name, expired
from opos.bundle.data_folder import lost_its_file
from opos.terminal.options import DATA_FILE, Place, json_option, with_place
from opos.terminal.output import WRONG_USAGE, reports_errors, show, stop
from opos.terminal.progress import progress
from shared.adapters.sqlite.backup import write_backup
from shared.adapters.sqlite.data_file import files
from shared.adapters.sqlite.faults import replaced
from shared.errors import Conflict
from shared.intake.pings import Ping
from shared.runtime.container import Runtime
from shared.services.intake.pings import record_ping
from shared.values.text import counted

_IN_CLOUD = """Firestore backs itself up every day and keeps each backup for 7 days, and any minute of those days can be
restored: docs/operations/restore-from-export.md. `gcloud firestore backups list` lists the backups."""
_SQLITE = b"SQLite format 3\x00"


@click.command("backup")
@click.argument("to", metavar="TO")
@click.option("--keep", type=click.IntRange(min=1), help=f"How many backups the folder keeps.  [default: {KEEP}]")
@with_place
@json_option
@reports_errors
def command(to: str, keep: int | None, place: Place, *, as_json: bool) -> None:
    """Copy the data of the bundle to TO: a folder of dated backups, or a file, which is replaced.

    The bundle may be running. The copy is verified before it gets its name. It contains no secrets.
    """
    require_embedded(place, _IN_CLOUD)
    place.require_bundle()
    folder = _folder(to, keep)
    target = folder / dated_name(datetime.now(UTC)) if folder else Path(to)
    _require_target(target, place)
    if lost_its_file(place.data):
        raise replaced()
    with progress(f"Copying {place.data / DATA_FILE} and verifying the copy"):
        write_backup(place.data / DATA_FILE, target)
    old = [file for file in expired(folder, keep=keep or KEEP) if file != target] if folder else []
    for file in old:
        file.unlink()
    size, removed = target.stat().st_size, [str(file) for file in old]
    text = f"{target}: {size} bytes, verified" + (f"; {counted(len(old), 'old backup')} removed" if old else "")
    show({"backup": str(target), "bytes": size, "expired": removed, "pinged": _ping(place)}, text, as_json=as_json)


def require_embedded(place: Place, elsewhere: str) -> None:
    """End the command if the data of *place* is not a file; *elsewhere* says what to do instead."""
    if place.backend != "embedded":
        stop(WRONG_USAGE, f"expected --backend embedded, found {place.backend}", hint=elsewhere)


def _folder(to: str, keep: int | None) -> Path | None:
    """The folder that *to* names; None if it names a file."""
    path = Path(to)
    if path.is_dir():
        return path
    if keep or to.endswith("/"):
        stop(WRONG_USAGE, f"expected a folder that exists, found {to}", hint=f"Create it: mkdir -m 700 {path}")
    return None


def _require_target(target: Path, place: Place) -> None:
    if not target.parent.is_dir():
        stop(WRONG_USAGE, f"expected a file in a folder that exists, found {target}")
    if target.resolve() in files(place.data / DATA_FILE):
        stop(WRONG_USAGE, f"expected another file than the data file itself, found {target}")
    if target.exists() and not _is_database(target):
        stop(WRONG_USAGE, f"expected a new file, or an earlier backup to replace, found {target}")


def _is_database(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


def _ping(place: Place) -> list[str]:
    """Record the ping of every heartbeat that waits for a backup. Returns their names."""
    if not place.config_file.exists():
        return []
    runtime = place.runtime()
    names = [name for name, heartbeat in runtime.config.heartbeats.items() if heartbeat.backup]
    for name in names:
        _record(name, runtime)
    runtime.close()
    return names


def _record(name: str, runtime: Runtime) -> None:
    """Record a ping. If the sweeper raises the alert of this heartbeat at the same time, the second try resolves it."""
    with suppress(Conflict):
        return record_ping(name, runtime.config.heartbeats[name], Ping(), runtime.context())
    return record_ping(name, runtime.config.heartbeats[name], Ping(), runtime.context())
