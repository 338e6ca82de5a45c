"""`opos deployments`."""

import click

from opos.deploy.target import ground
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from shared.deployments import latest, to_doc, words


@click.command("deployments")
@click.option("--target", type=click.Choice(["staging", "production"]), help="Production, unless given.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1))
@with_place
@json_option
@reports_errors
def command(target: str | None, limit: int, place: Place, *, as_json: bool) -> None:
    """List what was deployed, the newest first: who, what, and how it ended."""
    found = latest(ground(place, target).store, limit)
    text = "\n".join(f"{one.began_at[:16]}  {words(one)}" for one in found) or "Nothing was deployed yet."
    show([to_doc(one) for one in found], text, as_json=as_json)
