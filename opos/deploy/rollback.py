"""Rolls back to the revisions of an earlier deployment. Only traffic moves, so it takes seconds."""

from collections.abc import Iterable, Mapping, Sequence

from opos.cloud import cloud_run as services
from opos.deploy.record import FAR
from opos.deploy.source import who
from opos.deploy.target import Ground, Record
from shared.deployments import Deployment, latest
from shared.errors import OposError
from shared.values.timestamps import iso


class NothingBefore(OposError):
    code = "nothing_before"


def returning(ground: Ground, to: int | None) -> Record:
    """The record of a rollback to deployment *to*; by default, to the one before the current deployment."""
    known = latest(ground.store, FAR)
    there = before_current(known) if to is None else _named(known, to)
    wanted = as_of(known, there.number)
    _require_usable(wanted, there.number, ground)
    return Record.begin(
        ground,
        Deployment(
            number=known[0].number + 1, target=ground.name, phase="back", by=who(ground.root),
            began_at=iso(ground.clock.now()), back_to=origin(there), after=wanted,
            before={function: {revision: 100} for function, revision in wanted.items()},
        ),
    )  # fmt: skip


def before_current(known: Sequence[Deployment]) -> Deployment:
    """The deployment before the current one; after a rollback, before the one to which it returned."""
    ran = _ran(known)
    earlier = [deployment for deployment in ran if deployment.number < origin(ran[-1])]
    if not earlier:
        hint = "`opos deployments` lists all deployments; choose one with --to."
        raise NothingBefore("There is no deployment before the current one.", hint=hint)
    return earlier[-1]


def as_of(known: Iterable[Deployment], number: int) -> dict[str, str]:
    """The revision of each function after deployment *number*. A deployment may include only some functions."""
    revisions: dict[str, str] = {}
    for deployment in _ran(known):
        revisions |= deployment.after if deployment.number <= number else {}
    return revisions


def origin(deployment: Deployment) -> int:
    """The number of the deployment whose revisions *deployment* left running."""
    return deployment.back_to or deployment.number


def _ran(known: Iterable[Deployment]) -> list[Deployment]:
    """The successful deployments, the oldest first."""
    done = (deployment for deployment in known if deployment.phase == "done")
    return sorted(done, key=lambda deployment: deployment.number)


def _named(known: Iterable[Deployment], number: int) -> Deployment:
    for deployment in _ran(known):
        if deployment.number == number:
            return deployment
    hint = "`opos deployments` lists all deployments."
    raise NothingBefore(f"expected the number of a successful deployment, found {number}", hint=hint)


def _require_usable(wanted: Mapping[str, str], number: int, ground: Ground) -> None:
    again = "Deploy that commit again: git checkout COMMIT, then `opos deploy`."
    if gone := [revision for revision in wanted.values() if not services.exists(revision, ground.gcloud)]:
        raise NothingBefore(
            f"expected the revisions of deployment {number} to be ready, found {', '.join(gone)} missing or not ready",
            hint=again,
        )
    for function in ground.deploy.public:
        if function in wanted and services.is_trusting(wanted[function], ground.gcloud):
            said = f"{wanted[function]} is older than the change that made {function} public, and trusts every caller"
            raise NothingBefore(said, hint=again)
