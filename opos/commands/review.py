"""`opos review`."""

from datetime import UTC, datetime

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from shared.review.renderers import as_text
from shared.review.sections import title
from shared.services.review.week import week_before


@click.command("review")
@with_place
@json_option
@reports_errors
def command(place: Place, *, as_json: bool) -> None:
    """Look back at the last seven days: what interrupted, what it cost, what to change, what is due."""
    found = week_before(datetime.now(UTC), place.runtime().context())
    show(found, f"{title(found)}\n{as_text(found)}", as_json=as_json)
