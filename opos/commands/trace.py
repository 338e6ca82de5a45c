"""`opos trace`."""

from pathlib import Path

import click

from opos.finding import find_event
from opos.local import json_option, local_options, local_runtime
from opos.output import reports_errors, show
from opos.story import as_text, story


@click.command("trace")
@click.argument("event")
@local_options
@json_option
@reports_errors
def command(event: str, data: Path, config_file: Path, flags_file: Path, *, as_json: bool) -> None:
    """Show the whole way of EVENT (its id, or the beginning of it) on one screen."""
    store = local_runtime(data, config_file, flags_file).store
    told = story(store, find_event(store, event))
    show(told, as_text(told), as_json=as_json)
