"""`opos event`."""

import sys

import click

from opos.history.event_view import lines, redacted_view, view
from opos.terminal.completion import ids
from opos.terminal.lookup import find_event
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from shared.errors import OposError
from shared.events import Event
from shared.intake.body import raw_body
from shared.values.kinds import EVENT
from shared.values.text import readable_lines


class Unprintable(OposError):
    """A body that would control the terminal that it is printed on."""

    code = "unprintable"


@click.command("event")
@click.argument("event", shell_complete=ids(EVENT))
@click.option(
    "--redact", is_flag=True, help="Show the keys of the payload, and of each value only its kind and length."
)
@click.option("--raw", is_flag=True, help="Write the body as it came, byte for byte, and nothing else.")
@with_place
@json_option
@reports_errors
def command(event: str, place: Place, *, redact: bool, raw: bool, as_json: bool) -> None:
    """Show EVENT (its id, or the beginning of its id) with its headers and its payload.

    `opos trace EVENT` shows what followed from it.
    """
    if raw and (redact or as_json):
        raise click.UsageError("expected --raw alone, because it writes nothing but the body")
    runtime = place.runtime()
    doc = find_event(runtime.store, event)
    if raw:
        _write(raw_body(Event.stored(doc.data)))
        return
    shown = redacted_view(view(doc)) if redact else view(doc)
    show(shown, lines(shown, operator_clock(runtime)), as_json=as_json)


def _write(body: bytes) -> None:
    text = body.decode("utf-8", "surrogateescape")  # a byte that is no UTF-8 is no character that a terminal may have
    if sys.stdout.isatty() and readable_lines(text) != text.rstrip("\n"):
        raise Unprintable(
            "expected a body that is plain text, found one that could control your terminal.",
            hint="Write it to a file: opos event ... --raw > body",
        )
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
