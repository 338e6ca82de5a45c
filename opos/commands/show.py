"""`opos show`."""

import shlex

import click

from opos.history.document_view import facts, lines, next_steps
from opos.records.lookup import as_document
from opos.terminal.lookup import Match, find_among
from opos.terminal.next_step import command_line
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from shared.config.files.faults import ConfigError
from shared.errors import NotFound
from shared.events import document_id
from shared.ports import Doc
from shared.records.company_fault import CompanyFault
from shared.runtime.container import Runtime
from shared.values.kinds import EVENT, KINDS


@click.command("show")
@click.argument("id")
@with_place
@json_option
@reports_errors
def command(id: str, place: Place, *, as_json: bool) -> None:
    """Find out what ID is, whatever kind of thing it names, and show it in short.

    ID is the id, or its beginning, of an event, an alert, a message, a digest, a silence, a group, a failed message, a
    session, a focus block, a deployment or a record, the name of a heartbeat or an overridden flag, or the id that a
    sender gave its delivery, such as evt_... of Stripe.
    """
    runtime = place.runtime()
    kind, doc = _named(runtime, id)
    steps = [command_line(shlex.join(words)) for words in next_steps(kind, doc)]
    content = {
        "kind": kind.noun, "id": doc.id, "path": doc.path, "title": kind.title(doc.data), "facts": facts(kind, doc),
        "commands": steps,
    }  # fmt: skip
    text = [*lines(kind, doc, operator_clock(runtime)), *(["", *(f"  {step}" for step in steps)] if steps else [])]
    show(content, text, as_json=as_json)


def _named(runtime: Runtime, id: str) -> Match:
    try:
        return find_among(runtime.store, KINDS, id)
    except NotFound:
        if event := _delivered(runtime, id):
            return Match(EVENT, event)
        if record := _record(runtime, id):
            return record
        raise


def _record(runtime: Runtime, id: str) -> Match | None:
    """The record of any kind that *id* names; None also if the kinds cannot be read."""
    try:
        kinds = [as_document(kind) for kind in runtime.kinds.values()]
        return find_among(runtime.store, kinds, id) if kinds else None
    except (CompanyFault, NotFound):
        return None


def _delivered(runtime: Runtime, delivery: str) -> Doc | None:
    """The event of a source whose sender gave its delivery this id: the id of the event is the hash of both."""
    try:
        sources = runtime.config.sources
    except ConfigError:
        return None
    paths = (f"events/{document_id(source, delivery)}" for source in sources)
    return next((event for path in paths if (event := runtime.store.get(path))), None)
