"""Back to what an earlier deployment left running: only traffic moves, so it takes seconds."""

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
    """A record that goes back to what ran after deployment *to*; else to what ran before the present one."""
    known = latest(ground.store, FAR)
    there = before_present(known) if to is None else _named(known, to)
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


def before_present(known: Sequence[Deployment]) -> Deployment:
    """The last one that ran before the present one; after a rollback, before the one that it went back to."""
    ran = _ran(known)
    earlier = [one for one in ran if one.number < origin(ran[-1])]
    if not earlier:
        hint = "`opos deployments` lists what there is; a deployment to go back to is named with --to."
        raise NothingBefore("There is no deployment before the present one.", hint=hint)
    return earlier[-1]


def as_of(known: Iterable[Deployment], number: int) -> dict[str, str]:
    """The revision of each function that ran once *number* was done: a deployment may be of some functions only."""
    found: dict[str, str] = {}
    for one in _ran(known):
        found |= one.after if one.number <= number else {}
    return found


def origin(deployment: Deployment) -> int:
    """The deployment whose revisions it left running."""
    return deployment.back_to or deployment.number


def _ran(known: Iterable[Deployment]) -> list[Deployment]:
    """The oldest first."""
    return sorted((one for one in known if one.phase == "done"), key=lambda one: one.number)


def _named(known: Iterable[Deployment], number: int) -> Deployment:
    for one in _ran(known):
        if one.number == number:
            return one
    raise NothingBefore(
        f"expected the number of a deployment that was finished, found {number}", hint="`opos deployments` lists them."
    )


def _require_usable(wanted: Mapping[str, str], number: int, ground: Ground) -> None:
    again = "Deploy that commit anew: git checkout COMMIT, then `opos deploy`."
    if gone := [revision for revision in wanted.values() if not services.exists(revision, ground.gcloud)]:
        raise NothingBefore(
            f"expected the revisions of deployment {number}; {', '.join(gone)} cannot serve", hint=again
        )
    for function in ground.deploy.public:
        if function in wanted and services.is_trusting(wanted[function], ground.gcloud):
            said = f"{wanted[function]} is from before {function} was public, and would believe whatever anyone says"
            raise NothingBefore(said, hint=again)
