"""The record of a new deployment, or the unfinished one that a deploy continues."""

import hashlib
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from opos.cloud import cloud_run as services
from opos.cloud.packaging import image
from opos.deploy.build_context import staged
from opos.deploy.check import INFRA
from opos.deploy.endpoints import failures
from opos.deploy.revisions import names
from opos.deploy.smoke import Smoke
from opos.deploy.source import source, who
from opos.deploy.target import Ground, Record
from shared.deployments import UNDER_WAY, Deployment, Phase, latest
from shared.errors import OposError
from shared.values.timestamps import iso

FAR = 200
"""How many deployments are read."""


def drafted(ground: Ground, functions: Sequence[str]) -> Deployment:
    """A deployment of *functions* from this checkout. It reads nothing from the cloud and writes nothing; its number is
    0 until it begins.
    """
    checkout = source(ground.root)
    with staged(ground) as release:
        content, name = release.content, image(release, project=ground.target.project, region=ground.target.region)
    return Deployment(
        number=0, target=ground.name, phase="build", by=who(ground.root), began_at=iso(ground.clock.now()),
        commit=checkout.commit, dirty=bool(checkout.changed), tested=checkout.tested, release=content, image=name,
        config=_hash(ground.place.config_file), flags=_hash(ground.place.flags_file),
        after=names(functions, 0, content),
    )  # fmt: skip


def unfinished(ground: Ground, phases: Collection[Phase] = UNDER_WAY) -> Record | None:
    """The last deployment, if it is in one of *phases*."""
    last = Record.last(ground)
    return last if last and last.now.phase in phases else None


def begun(draft: Deployment, ground: Ground) -> Record:
    """Records *draft* with a number and the current traffic split, to which a rollback returns."""
    last = next(iter(latest(ground.store)), None)
    before = {function: _split(function, last, ground) for function in draft.after}
    numbered = _numbered(draft, last.number + 1 if last else 1)
    record = Record.begin(ground, replace(numbered, before=before, steps=_steps(ground)))
    record.change(failing=tuple(_failing(record.now, ground)))
    return record


def is_same(record: Record, draft: Deployment) -> bool:
    """Whether *draft* would deploy the same as the unfinished *record*."""
    return record.now.release == draft.release and record.now.after.keys() == draft.after.keys()


def _steps(ground: Ground) -> tuple[int, ...]:
    """The first deployment has one step: a placeholder runs before it, which loses what it receives."""
    return (
        ground.deploy.steps if any(deployment.phase == "done" for deployment in latest(ground.store, FAR)) else (100,)
    )


def _numbered(draft: Deployment, number: int) -> Deployment:
    return replace(draft, number=number, after=names(draft.after, number, draft.release))


def _split(function: str, last: Deployment | None, ground: Ground) -> dict[str, int]:
    """The current traffic split; after a deployment that was left broken, the split before that one."""
    if last and last.phase == "left" and function in last.before:
        return last.before[function]
    service = services.running(function, ground.gcloud)
    if service is None:
        raise OposError(f"expected a service for {function}, found none", hint=INFRA)
    return dict(service.split)


def _failing(deployment: Deployment, ground: Ground) -> list[str]:
    """The failures in the current health report; none if health does not answer, as before the first deployment."""
    with suppress(OposError):
        return failures(Smoke(replace(deployment, after={}), ground).report())
    return []


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
