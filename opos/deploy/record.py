"""The record of a new deployment; or the one that was left unfinished, to go on with."""

import hashlib
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from opos.cloud import cloud_run as services
from opos.cloud.packaging import image
from opos.deploy.build_context import staged
from opos.deploy.http import failing
from opos.deploy.revisions import names
from opos.deploy.smoke import Smoke
from opos.deploy.source import source, who
from opos.deploy.target import Ground, Record
from shared.deployments import UNDER_WAY, Deployment, Phase, latest
from shared.errors import OposError
from shared.values.timestamps import iso

FAR = 200
"""So many deployments are looked at."""


def drafted(ground: Ground, functions: Sequence[str]) -> Deployment:
    """A deployment of *functions* as they are in this checkout; nothing is asked of the cloud, and nothing written.
    It has a number once it begins.
    """
    found = source(ground.root)
    with staged(ground) as release:
        content, name = release.content, image(release, project=ground.target.project, region=ground.target.region)
    return Deployment(
        number=0, target=ground.name, phase="build", by=who(ground.root), began_at=iso(ground.clock.now()),
        commit=found.commit, dirty=bool(found.changed), tested=found.tested, release=content, image=name,
        config=_hash(ground.place.config_file), flags=_hash(ground.place.flags_file),
        after=names(functions, 0, content),
    )  # fmt: skip


def unfinished(ground: Ground, phases: Collection[Phase] = UNDER_WAY) -> Record | None:
    """The last deployment, if it is in one of *phases*."""
    last = Record.last(ground)
    return last if last and last.now.phase in phases else None


def begun(draft: Deployment, ground: Ground) -> Record:
    """*draft* written down, with what takes the traffic now: to that it goes back."""
    last = next(iter(latest(ground.store)), None)
    before = {function: _split(function, last, ground) for function in draft.after}
    numbered = _numbered(draft, last.number + 1 if last else 1)
    record = Record.begin(ground, replace(numbered, before=before, steps=_steps(ground)))
    record.change(failing=tuple(_failing(record.now, ground)))
    return record


def is_same(record: Record, draft: Deployment) -> bool:
    """Whether *draft* would do just what the unfinished *record* does."""
    return record.now.release == draft.release and record.now.after.keys() == draft.after.keys()


def _steps(ground: Ground) -> tuple[int, ...]:
    """A first deployment is all or nothing: what ran before it is a placeholder, and swallows what it is given."""
    return ground.deploy.steps if any(one.phase == "done" for one in latest(ground.store, FAR)) else (100,)


def _numbered(draft: Deployment, number: int) -> Deployment:
    return replace(draft, number=number, after=names(draft.after, number, draft.release))


def _split(function: str, last: Deployment | None, ground: Ground) -> dict[str, int]:
    """What takes the traffic; after a deployment that was left broken, what took it before that."""
    if last and last.phase == "left" and function in last.before:
        return last.before[function]
    found = services.running(function, ground.gcloud)
    if found is None:
        hint = "`pulumi up` in infra/ makes it: docs/infrastructure.md."
        raise OposError(f"expected a service for {function}, found none", hint=hint)
    return dict(found.split)


def _failing(deployment: Deployment, ground: Ground) -> list[str]:
    """What the health that runs complains of; nothing where it does not answer, as before the first deployment."""
    with suppress(OposError):
        return failing(Smoke(replace(deployment, after={}), ground).report())
    return []


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
