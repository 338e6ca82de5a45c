"""`opos records forget`."""

import click

from opos.records.arguments import kind_argument, optional_record_argument
from opos.records.editing import UNCHANGED, by_person, dry_run_option, why_option
from opos.records.forgetting_view import content, lines, tallied
from opos.records.lookup import find_record, kind_of
from opos.terminal.options import DATA_FILE, Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from opos.terminal.progress import followed, progress
from opos.terminal.vocabulary import as_option
from shared.adapters.sqlite.erasure import erase
from shared.records.identity import Identity
from shared.records.kind import Kind
from shared.services.records.context import RecordsContext
from shared.services.records.forgetting import expired, forget, scan_of
from shared.services.records.person import Subject, person_of
from shared.services.records.person_scan import traces

_DONE = """Forgotten. Backups and exported files that you made before still have it, and so do messages that were sent:
docs/records.md says how they age out."""


@click.command("forget")
@kind_argument
@optional_record_argument
@click.option("--expired", "is_expired", is_flag=True, help="All that were deleted more than keep_days of KIND ago.")
@click.option("--leave", multiple=True, metavar="TEXT", help="A text not to look for, as others have it, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@why_option
@as_option
@with_place
@json_option
@reports_errors
def forget_record(
    kind: str, record: str | None, leave: tuple[str, ...], why: str, who: str | None, place: Place,
    *, is_expired: bool, yes: bool, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Forget the person whom RECORD is about: in the record, its history, events, alerts, digests and all else.

    It cannot be undone. What brings the person back later, such as a webhook that is sent again, is suppressed. The
    command reads the whole bundle, which may run meanwhile. If it is interrupted, run it again with the record's id.
    """
    if (record is None) != is_expired:
        raise click.UsageError("expected RECORD or --expired")
    context = place.runtime().context()
    subject = Subject(declared := kind_of(kind, context), _ids(declared, record, context), leave)
    if not subject.ids:
        show({"records": []}, f"No {declared.name} is to be forgotten.", as_json=as_json)
        return
    person = person_of(subject, context)
    scan = scan_of(person, context)
    if dry_run or not yes:
        tally = tallied(followed(traces(scan, context), "document"))
        if dry_run:
            show(content(person, scan, tally, is_done=False), [*lines(person, scan, tally), UNCHANGED], as_json=as_json)
            return
        say("\n".join(lines(person, scan, tally)), err=True)
        click.confirm("Forget this? It cannot be undone.", abort=True, err=True)
    tally = tallied(followed(forget(subject, by_person(who, why), context), "document"))
    _erase(place, person.identity)
    said = [*(lines(person, scan, tally) if yes else ()), _DONE]
    show(content(person, scan, tally, is_done=True), said, as_json=as_json)


def _ids(kind: Kind, record: str | None, context: RecordsContext) -> tuple[str, ...]:
    return (find_record(kind, record, context).id,) if record else tuple(expired(kind, context))


def _erase(place: Place, person: Identity) -> None:
    """SQLite keeps what was deleted until its space is used again."""
    if place.backend == "embedded":
        with progress("Packing the data file"):
            erase(place.data / DATA_FILE, person.scrub(is_near=False))
