"""`opos records forget`."""

import click

from opos.records.arguments import kind_argument, record_argument
from opos.records.editing import UNCHANGED, by_person, dry_run_option, why_option
from opos.records.forgetting_view import content, lines, tallied
from opos.records.lookup import find_record, kind_of
from opos.terminal.options import DATA_FILE, Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from opos.terminal.progress import followed, progress
from opos.terminal.vocabulary import as_option
from shared.adapters.sqlite.erasure import erase
from shared.records.identity import Identity
from shared.services.records.forget import forget, person_of, scan_of
from shared.services.records.person_scan import traces

_DONE = """Forgotten. Backups and exported files that you made before still have it, and so do messages that were sent:
docs/records.md says how they age out."""


@click.command("forget")
@kind_argument
@record_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@why_option
@as_option
@with_place
@json_option
@reports_errors
def forget_record(
    kind: str, record: str, why: str, who: str | None, place: Place, *, yes: bool, dry_run: bool, as_json: bool
) -> None:  # fmt: skip
    """Forget the person whom RECORD is about: in the record, its history, events, alerts, digests and all else.

    It cannot be undone. What brings the person back later, such as a webhook that is sent again, is suppressed. The
    command reads the whole bundle, which may run meanwhile. If it is interrupted, run it again with the record's id.
    """
    context = place.runtime().context()
    declared = kind_of(kind, context)
    id = find_record(declared, record, context).id
    person = person_of(declared, id, context)
    scan = scan_of(person, context)
    if dry_run or not yes:
        tally = tallied(followed(traces(scan, context), "document"))
        if dry_run:
            show(content(person, scan, tally, is_done=False), [*lines(person, scan, tally), UNCHANGED], as_json=as_json)
            return
        say("\n".join(lines(person, scan, tally)), err=True)
        click.confirm("Forget this person? It cannot be undone.", abort=True, err=True)
    tally = tallied(followed(forget(declared, id, by_person(who, why), context), "document"))
    _erase(place, person.identity)
    show(
        content(person, scan, tally, is_done=True),
        [*(lines(person, scan, tally) if yes else ()), _DONE],
        as_json=as_json,
    )


def _erase(place: Place, person: Identity) -> None:
    """SQLite keeps what was deleted until its space is used again."""
    if place.backend == "embedded":
        with progress("Packing the data file"):
            erase(place.data / DATA_FILE, person.scrub(is_near=False))
