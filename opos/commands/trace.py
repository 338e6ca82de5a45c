"""`opos trace`."""

import click

from opos.history.event_trace import lines
from opos.terminal.completion import ids
from opos.terminal.lookup import find_event
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from shared.services.alerting.event_story import story
from shared.values.kinds import EVENT


@click.command("trace")
@click.argument("event", shell_complete=ids(EVENT))
@with_place
@json_option
@reports_errors
def command(event: str, place: Place, *, as_json: bool) -> None:
    """Show everything that followed from EVENT (its id, or the beginning of its id) on one screen."""
    runtime = place.runtime()
    trace = story(runtime.store, find_event(runtime.store, event))
    show(trace, lines(trace, operator_clock(runtime)), as_json=as_json)
