"""What a deploy would change, as a diff against what runs now."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from opos.cloud import cloud_run as services
from opos.cloud.cloud_run import Revision
from opos.cloud.gcloud import CloudError
from opos.deploy.target import Ground

AT_ONCE = 8
Change = tuple[str, str | None, str | None]
"""A setting, its value now, and its value then; None if it has none."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The change of one function. `now` is the revision that gets the traffic, None if none is known."""

    function: str
    now: str | None
    then: str
    changes: tuple[Change, ...]
    unknown: str = ""
    """Why the current revision could not be read."""


def plan(revisions: Mapping[str, Revision], ground: Ground) -> list[Planned]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda revision: _planned(revision, ground), revisions.values()))


def lines(planned: list[Planned], ground: Ground) -> Iterator[str]:
    """Changes that all functions share are listed once."""
    for why in dict.fromkeys(service.unknown for service in planned if service.unknown):
        yield f"Cannot read what runs now, so every setting is shown as new: {why}"
    common = [change for change in planned[0].changes if all(change in service.changes for service in planned)]
    if len(planned) > 1:
        yield from ["all functions", *_diff(common)]
    for service in planned:
        yield f"{service.function}: {service.now or 'no known revision'} -> a new revision"
        yield from _diff(change for change in service.changes if len(planned) == 1 or change not in common)
    steps = ", ".join(f"{percent}%" for percent in ground.deploy.steps)
    yield "Each revision is deployed without traffic and passes the smoke test first."
    yield f"Then it gets {steps} of the traffic, and each step is watched for {_seconds(ground)} s."


def _diff(changes: Iterable[Change]) -> Iterator[str]:
    for name, now, then in changes:
        yield from (f"  {sign} {name} {value}" for sign, value in (("-", now), ("+", then)) if value is not None)


def _seconds(ground: Ground) -> str:
    return f"{ground.deploy.bake.total_seconds():g}"


def _planned(revision: Revision, ground: Ground) -> Planned:
    then = services.wanted(revision)
    try:
        service = services.running(revision.function, ground.gcloud)
        split = service.split if service else {}
        serving = max(split, key=lambda name: split[name], default=None)
        now = services.made_of(serving, ground.gcloud) if serving else {}
    except CloudError as fault:
        return Planned(revision.function, None, revision.name, tuple(_changes({}, then)), fault.brief)
    return Planned(revision.function, serving, revision.name, tuple(_changes(now, then)))


def _changes(now: Mapping[str, str], then: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(now.keys() | then.keys()):
        if now.get(name) != then.get(name):
            yield name, now.get(name), then.get(name)
