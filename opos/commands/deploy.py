"""`opos deploy`."""

from collections import Counter
from dataclasses import asdict, replace
from typing import Any

import click

from opos.cloud import cloud_run as services
from opos.cloud import images
from opos.cloud.gcloud import CloudError
from opos.deploy.check import Check
from opos.deploy.lease import Lease, leased
from opos.deploy.pipeline import Pipeline
from opos.deploy.plan import Planned, lines, plan
from opos.deploy.preflight import preflight
from opos.deploy.record import begun, drafted, is_same, unfinished
from opos.deploy.revisions import revisions
from opos.deploy.target import Ground, Record, ground
from opos.terminal.groups import Choice
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from shared.deployments import Deployment, to_doc, words
from shared.errors import OposError
from shared.ports.topology import FUNCTIONS
from shared.runtime.clock import new_id
from shared.services.records.relisting import relist_all

MARKS = {True: "ok  ", False: "FAIL", None: "?   "}


@click.command("deploy")
@click.option("--target", required=True, type=Choice(["staging", "production"]), help="The target.")
@click.option("--dry-run", is_flag=True, help="Show a diff against what runs, and change nothing.")
@click.option(
    "--only",
    multiple=True,
    type=Choice(FUNCTIONS),
    metavar="FUNCTION",
    help=f"Deploy only this function; may be repeated: {', '.join(FUNCTIONS)}.",
)
@click.option("--no-rollback", is_flag=True, help="Do not roll back after a failure, so that you can inspect it.")
@click.option("--wait", is_flag=True, help="Wait until another deploy ends.")
@click.option("--dirty", is_flag=True, help="Include uncommitted changes.")
@click.option("--untested", is_flag=True, help="Deploy a commit whose tests did not pass on this machine.")
@with_place
@json_option
@reports_errors
def command(
    target: str, place: Place, only: tuple[str, ...],
    *, dry_run: bool, no_rollback: bool, wait: bool, dirty: bool, untested: bool, as_json: bool,
) -> None:  # fmt: skip
    """Deploy this checkout: build an image, deploy each function without traffic, run the smoke test, then move the
    traffic in steps. The deploy watches each step and rolls back automatically if the new release does worse.

    Run it again to continue an interrupted deploy. Exits with 1 if the deploy was rolled back.
    """
    where = ground(place, target)
    functions = tuple(function for function in FUNCTIONS if not only or function in only)
    checks = preflight(where, dirty=dirty, untested=untested)
    if dry_run:
        _rehearse(where, functions, checks, as_json=as_json)
        return
    _require(checks)
    ended = deploy(where, functions, wait=wait, may_go_back=not no_rollback)
    if ended.phase == "done":
        list_records(where)
    show(to_doc(ended), words(ended), as_json=as_json)
    if ended.phase != "done":
        raise SystemExit(FAILED)


def deploy(where: Ground, functions: tuple[str, ...], *, wait: bool, may_go_back: bool) -> Deployment:
    """The deployment as it ended. Raises what interrupted it; the next call continues it."""
    draft = drafted(where, functions)
    lease = Lease(new_id(), draft.by, where.store, where.clock)
    with leased(lease, wait=wait, sleep=where.sleep, say=where.say):
        record = _record(draft, where, lease)
        where.say(f"deployment {record.now.number} to {where.name} ({where.target.project})")
        Pipeline(record, where, lease, may_go_back=may_go_back).run()
        return record.now


def list_records(where: Ground) -> None:
    """List again what the kinds of this release list otherwise. The next deploy goes on with what is left."""
    sizes: Counter[str] = Counter()
    for kind, size in relist_all(where.context()):
        sizes[kind.plural] += size
        where.say(f"  {kind.plural}: {sizes[kind.plural]} listed again")


def _record(draft: Deployment, where: Ground, lease: Lease) -> Record:
    """The unfinished deployment if it equals *draft*; otherwise that is rolled back, and *draft* begins."""
    left = unfinished(where)
    if left is None:
        return begun(draft, where)
    if is_same(left, draft):
        where.say(f"continuing deployment {left.now.number}, which was interrupted")
        return left
    where.say(f"deployment {left.now.number} was interrupted and differs from this one; rolling it back")
    left.change(phase="back", reason=left.now.reason or "It was interrupted, and another deployment started.")
    Pipeline(left, where, lease).run()
    return begun(draft, where)


def _rehearse(where: Ground, functions: tuple[str, ...], checks: list[Check], *, as_json: bool) -> None:
    draft = drafted(where, functions)
    draft = replace(draft, image=_image(draft, where))
    planned = plan(revisions(draft, _console(where), where), where)
    text = "\n".join([*_lines(checks), "", *lines(planned, where), "Nothing was changed."])
    show(_content(checks, planned), text, as_json=as_json)
    if any(check.ok is False for check in checks):
        raise SystemExit(FAILED)


def _image(draft: Deployment, where: Ground) -> str:
    try:
        return images.built(draft.image, where.gcloud) or f"{draft.image}, to be built"
    except CloudError:
        return draft.image


def _console(where: Ground) -> str:
    try:
        service = services.running("console", where.gcloud)
    except CloudError:
        return "its own address"
    return service.url if service else "its own address"


def _require(checks: list[Check]) -> None:
    wrong = [check for check in checks if check.ok is False]
    if wrong:
        text = "\n".join(_lines(wrong))
        raise OposError(f"{len(wrong)} of {len(checks)} checks failed, so nothing was changed:\n{text}")


def _lines(checks: list[Check]) -> list[str]:
    width = max(len(check.name) for check in checks)
    return [
        f"{MARKS[check.ok]}  {check.name:<{width}}  {check.said}"
        + (f"\n      {'':<{width}}  fix: {check.fix}" if check.ok is False and check.fix else "")
        for check in checks
    ]


def _content(checks: list[Check], planned: list[Planned]) -> dict[str, Any]:
    return {"checks": [asdict(check) for check in checks], "plan": [asdict(change) for change in planned]}
