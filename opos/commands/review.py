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
    """Review the last seven days: what interrupted you, what it cost, what to change, and what is due."""
    review = week_before(datetime.now(UTC), place.runtime().context())
    show(review, f"{title(review)}\n{as_text(review)}", as_json=as_json)
