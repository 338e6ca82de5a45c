"""`opos records migrate`."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from opos.records.arguments import kinds_argument
from opos.records.differences import between, in_words
from opos.records.editing import UNCHANGED, by_person, name_of
from opos.records.lookup import kind_of
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from opos.terminal.progress import followed
from opos.terminal.vocabulary import as_option
from shared.errors import OposError
from shared.records.change import Difference
from shared.records.kind import Kind
from shared.runtime.entry import retry_conflicts
from shared.services.records.context import RecordsContext
from shared.services.records.migration import earlier, migrate, require_valid
from shared.services.records.record import Stored
from shared.values.text import counted

_SHOWN = 20


@click.command("migrate")
@kinds_argument
@click.option("--dry-run", is_flag=True, help="Show what the upcasters make of each record, and change nothing.")
@as_option
@with_place
@json_option
@reports_errors
def migrate_records(kind: str | None, who: str | None, place: Place, *, dry_run: bool, as_json: bool) -> None:
    """Store the records that an earlier version of KIND made, or of all kinds, as the version of today has them.

    You need not: opos brings what it reads up to date each time. Each record gets a change, so the history shows it.
    """
    context = place.runtime().context()
    kinds = [kind_of(kind, context)] if kind else list(context.kinds.values())
    entries = [_entry(record) for known in kinds for record in followed(earlier(known, context), "record")]
    for entry in followed((entry for entry in entries if not dry_run and not entry["fault"]), "change"):
        entry["change"] = _migrated(context.kinds[entry["kind"]], entry["record"], who, context)
    show(entries, _lines(entries, is_dry=dry_run), as_json=as_json)
    if any(entry["fault"] for entry in entries):
        raise SystemExit(FAILED)


def _entry(record: Stored) -> dict[str, Any]:
    """What becomes of *record*, or what is wrong with what would."""
    body = record.body
    entry = {
        "kind": record.kind.name, "record": record.id, "name": name_of(record), "from": body["schema"],
        "to": record.kind.version, "differences": [], "change": None, "fault": "",
    }  # fmt: skip
    try:
        pairs = between(body["values"], record.values)
        require_valid(record)
    except OposError as fault:
        return {**entry, "fault": fault.message}
    return {**entry, "differences": [pair._asdict() for pair in pairs]}


def _migrated(kind: Kind, id: str, who: str | None, context: RecordsContext) -> int | None:
    cause = by_person(who, f"Migrated to version {kind.version} of {kind.name}.")
    made = retry_conflicts(lambda: migrate(kind, id, cause, context))
    return made["n"] if made else None


def _lines(entries: Sequence[dict[str, Any]], *, is_dry: bool) -> Iterator[str]:
    wrong = [entry for entry in entries if entry["fault"]]
    good = [entry for entry in entries if not entry["fault"]]
    for entry in [*wrong, *good[:_SHOWN]]:
        yield f"{entry['name']}: version {entry['from']} -> {entry['to']}"
        yield from (f"  {line}" for line in entry["fault"].splitlines())
        yield from in_words(Difference(**pair) for pair in entry["differences"])
    if len(good) > _SHOWN:
        yield f"... and {counted(len(good) - _SHOWN, 'more record')}; --json shows all."
    if wrong:
        yield f"{counted(len(wrong), 'record')} cannot be migrated. Change the upcaster in company/ or the values."
    if is_dry and good:
        yield f"{counted(len(good), 'record')} would be migrated. {UNCHANGED}"
    elif good:
        yield f"Migrated {counted(len(good), 'record')}."
    else:
        yield UNCHANGED if wrong else "Every record is of the version of today."
