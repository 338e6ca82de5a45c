"""`opos show`."""

import shlex

import click

from opos.history.document_view import facts, lines, next_steps
from opos.terminal.lookup import find_among
from opos.terminal.next_step import command_line
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from shared.values.kinds import KINDS


@click.command("show")
@click.argument("id")
@with_place
@json_option
@reports_errors
def command(id: str, place: Place, *, as_json: bool) -> None:
    """Find out what ID is, whatever kind of thing it names, and show it in short.

    ID is the id, or its beginning, of an event, an alert, a message, a digest, a silence, a group, a failed message, a
    session, a focus block or a deployment, or the name of a heartbeat or an overridden flag.
    """
    runtime = place.runtime()
    kind, doc = find_among(runtime.store, KINDS, id)
    steps = [command_line(shlex.join(words)) for words in next_steps(kind, doc)]
    content = {
        "kind": kind.noun, "id": doc.id, "path": doc.path, "title": kind.title(doc.data), "facts": facts(kind, doc),
        "commands": steps,
    }  # fmt: skip
    text = [*lines(kind, doc, operator_clock(runtime)), *(["", *(f"  {step}" for step in steps)] if steps else [])]
    show(content, text, as_json=as_json)
