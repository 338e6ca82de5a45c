"""`opos rollback`."""

import click

from opos.deploy.lease import Lease, leased
from opos.deploy.pipeline import Pipeline
from opos.deploy.record import unfinished
from opos.deploy.rollback import returning
from opos.deploy.source import who
from opos.deploy.target import Ground, Record, ground
from opos.terminal.groups import Choice
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from shared.deployments import UNDER_WAY, Deployment, Phase, to_doc, words
from shared.runtime.clock import new_id

UNENDED: tuple[Phase, ...] = (*UNDER_WAY, "left")
"""The phases of a deployment that neither succeeded nor was rolled back."""


@click.command("rollback")
@click.option("--to", type=click.IntRange(1), help="The deployment to roll back to; by default the previous one.")
@click.option("--target", type=Choice(["staging", "production"]), help="The target; production by default.")
@click.option("--wait", is_flag=True, help="Wait until another deploy ends.")
@with_place
@json_option
@reports_errors
def command(to: int | None, target: str | None, place: Place, *, wait: bool, as_json: bool) -> None:
    """Roll back to the previous release, within seconds. An interrupted deployment is rolled back, too."""
    ended = rollback(ground(place, target), to, wait=wait)
    show(to_doc(ended), words(ended), as_json=as_json)


def rollback(where: Ground, to: int | None, *, wait: bool) -> Deployment:
    lease = Lease(new_id(), who(where.root), where.store, where.clock)
    with leased(lease, wait=wait, sleep=where.sleep, say=where.say):
        record = _record(where, to)
        Pipeline(record, where, lease).run()
        return record.now


def _record(where: Ground, to: int | None) -> Record:
    left = unfinished(where, UNENDED)
    if left is None:
        return returning(where, to)
    if to is None:
        left.change(phase="back", reason=left.now.reason or "It was interrupted and rolled back.")
        return left
    left.change(phase="left", reason=left.now.reason or f"It was interrupted, and deployment {to} replaces it.")
    return returning(where, to)
