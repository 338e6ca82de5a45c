"""Back to what an earlier deployment left running: only traffic moves, so it takes seconds."""

from collections.abc import Iterable, Sequence

from opos.cloud import services
from opos.deploying.ground import Ground, Record
from opos.deploying.source import who
from shared.deployments import Deployment, latest
from shared.errors import OposError
from shared.moments import iso
from shared.topology import FUNCTIONS

FAR = 200
"""So many deployments are looked at."""


class NothingBefore(OposError):
    code = "nothing_before"


def returning(ground: Ground, to: int | None) -> Record:
    """A record that goes back to what ran after deployment *to*; else to what ran before the present one."""
    known = latest(ground.store, FAR)
    number = to if to is not None else before_present(known)
    wanted = as_of(known, number)
    if gone := [revision for revision in wanted.values() if not services.exists(revision, ground.gcloud)]:
        hint = "Deploy that commit anew: git checkout COMMIT, then `opos deploy`."
        raise NothingBefore(f"expected the revisions of deployment {number}, {', '.join(gone)} are gone", hint=hint)
    return Record.begin(
        ground,
        Deployment(
            number=known[0].number + 1, target=ground.name, phase="back", by=who(ground.root),
            began_at=iso(ground.clock.now()), back_to=number, after=wanted,
            before={function: {revision: 100} for function, revision in wanted.items()},
        ),
    )  # fmt: skip


def before_present(known: Sequence[Deployment]) -> int:
    """The last deployment that ran before the present one. Raises NothingBefore."""
    ran = [one for one in known if one.phase == "done"]
    present = (ran[0].back_to or ran[0].number) if ran else 0
    earlier = [one.number for one in ran if one.back_to is None and one.number < present]
    if not earlier:
        hint = "`opos deployments` lists what there is; a deployment to go back to is named with --to."
        raise NothingBefore("There is no deployment before the present one.", hint=hint)
    return max(earlier)


def as_of(known: Iterable[Deployment], number: int) -> dict[str, str]:
    """The revision of each function that ran once deployment *number* was done; one may have been of some only."""
    ran = [one for one in known if one.phase == "done" and one.back_to is None and one.number <= number]
    if not any(one.number == number for one in ran):
        hint = "`opos deployments` lists them."
        raise NothingBefore(f"expected the number of a deployment that was finished, found {number}", hint=hint)
    newest = sorted(ran, key=lambda one: one.number)
    return {function: one.after[function] for one in newest for function in FUNCTIONS if function in one.after}
