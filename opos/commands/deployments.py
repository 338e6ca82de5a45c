"""`opos deployments`."""

import click

from opos.deploy.target import ground
from opos.terminal.groups import Choice
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from opos.terminal.width import fitted
from shared.deployments import latest, to_doc, words


@click.command("deployments")
@click.option("--target", type=Choice(["staging", "production"]), help="The target; production by default.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many to list.")
@with_place
@json_option
@reports_errors
def command(target: str | None, limit: int, place: Place, *, as_json: bool) -> None:
    """List deployments, newest first: what was deployed, by whom, and how it ended."""
    where = ground(place, target)
    deployments, clock = latest(where.store, limit), operator_clock(where.runtime)
    lines = [fitted(f"{clock.time(deployment.began_at):<17}  {words(deployment)}") for deployment in deployments]
    show([to_doc(deployment) for deployment in deployments], lines or "No deployment yet.", as_json=as_json)
