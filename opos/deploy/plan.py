"""What a deploy would change, as a diff against what runs."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from opos.cloud import cloud_run as services
from opos.cloud.cloud_run import Revision
from opos.cloud.gcloud import CloudError
from opos.deploy.target import Ground

AT_ONCE = 8
Change = tuple[str, str | None, str | None]
"""What is changed, from what, to what; None is nothing."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one function. `now` is the revision that serves, None where none is known."""

    function: str
    now: str | None
    then: str
    changes: tuple[Change, ...]
    unknown: str = ""
    """Why what runs could not be seen."""


def plan(revisions: Mapping[str, Revision], ground: Ground) -> list[Planned]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda one: _planned(one, ground), revisions.values()))


def lines(planned: list[Planned], ground: Ground) -> Iterator[str]:
    """What is the same for all of them is said once."""
    for why in dict.fromkeys(one.unknown for one in planned if one.unknown):
        yield f"What runs cannot be seen, so this is against nothing: {why}"
    common = [change for change in planned[0].changes if all(change in one.changes for one in planned)]
    if len(planned) > 1:
        yield from ["every function", *_diff(common)]
    for one in planned:
        yield f"{one.function}: {one.now or 'nothing known'} -> a new revision"
        yield from _diff(change for change in one.changes if len(planned) == 1 or change not in common)
    steps = ", ".join(f"{percent} %" for percent in ground.deploy.steps)
    yield f"Each is made without traffic, tried, and then given {steps}, watched for {_seconds(ground)} s at each step."


def _diff(changes: Iterable[Change]) -> Iterator[str]:
    for name, now, then in changes:
        yield from (f"  {sign} {name} {value}" for sign, value in (("-", now), ("+", then)) if value is not None)


def _seconds(ground: Ground) -> str:
    return f"{ground.deploy.bake.total_seconds():g}"


def _planned(revision: Revision, ground: Ground) -> Planned:
    then = services.wanted(revision)
    try:
        found = services.running(revision.function, ground.gcloud)
        serving = max(found.split, key=lambda one: found.split[one], default=None) if found else None
        now = services.made_of(serving, ground.gcloud) if serving else {}
    except CloudError as fault:
        return Planned(revision.function, None, revision.name, tuple(_changes({}, then)), fault.brief)
    return Planned(revision.function, serving, revision.name, tuple(_changes(now, then)))


def _changes(now: Mapping[str, str], then: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(now.keys() | then.keys()):
        if now.get(name) != then.get(name):
            yield name, now.get(name), then.get(name)
