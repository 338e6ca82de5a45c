"""`opos trace`."""

import click

from opos.history.event_trace import as_text, story
from opos.terminal.lookup import find_event
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show


@click.command("trace")
@click.argument("event")
@with_place
@json_option
@reports_errors
def command(event: str, place: Place, *, as_json: bool) -> None:
    """Show the whole way of EVENT (its id, or the beginning of it) on one screen."""
    store = place.runtime().store
    told = story(store, find_event(store, event))
    show(told, as_text(told), as_json=as_json)
