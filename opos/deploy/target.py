"""The target of a deployment, its configuration, and the access to its cloud and its store."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opos.cloud.gcloud import Gcloud
from opos.deploy.lease import Lost
from opos.terminal.options import Place
from opos.terminal.output import say as show_progress
from shared.config.deploy import Deploy, Target, TargetName
from shared.config.model import Config
from shared.deployments import Deployment, from_doc, latest, to_doc
from shared.errors import Conflict, OposError
from shared.ports import Clock, Create, Store, Update
from shared.runtime.container import Runtime
from shared.runtime.invocation import Invocation


class NoTarget(OposError):
    code = "bad_config"


def _say(line: str) -> None:
    show_progress(line, err=True)
    sys.stderr.flush()


@dataclass(frozen=True)
class Ground:
    name: TargetName
    place: Place
    config: Config
    deploy: Deploy
    target: Target
    gcloud: Gcloud
    runtime: Runtime
    root: Path = field(default_factory=Path.cwd)
    """The folder of the repository."""
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = _say

    @property
    def store(self) -> Store:
        return self.runtime.store

    @property
    def clock(self) -> Clock:
        return self.runtime.clock

    def context(self) -> Invocation:
        return self.runtime.context()


def ground(place: Place, name: str | None) -> Ground:
    """The target called *name*; by default production, or the first target. Raises NoTarget, ConfigError."""
    cloud = replace(place, backend="cloud")  # so that no secret of this machine, from .env, takes part in a deploy
    config = cloud.new_runtime().config
    if config.deploy is None:
        hint = "`opos init` adds one; docs/deploying.md describes it."
        raise NoTarget(f"expected a section `deploy:` in {place.config_file}, found none", hint=hint)
    targets: Mapping[str, Target] = {str(declared): target for declared, target in config.deploy.targets.items()}
    chosen: Any = name or ("production" if "production" in targets else next(iter(targets)))
    if chosen not in targets:
        hint = f"Declare it under deploy.targets, with its project. Declared so far: {', '.join(targets)}."
        raise NoTarget(f"expected a target of {place.config_file}, found {chosen!r}", hint=hint)
    target = targets[chosen]
    runtime = cloud.runtime(GOOGLE_CLOUD_PROJECT=target.project, OPOS_STORE="firestore", OPOS_BUS="pubsub")
    return Ground(chosen, place, config, config.deploy, target, Gcloud(target.project, target.region), runtime)


@dataclass
class Record:
    """The document of a deployment, written at each step, so that a later call can continue after a crash."""

    ground: Ground
    now: Deployment
    version: str

    def change(self, **changes: Any) -> None:
        """Writes *changes*. Raises Lost if another deploy has written the document."""
        changed = replace(self.now, **changes)
        write = Update(changed.path, to_doc(changed), self.version)
        try:
            self.version = self.ground.store.commit([write])[changed.path]
        except Conflict:
            raise Lost("Another deploy took over this deployment.") from None
        self.now = changed

    @classmethod
    def begin(cls, ground: Ground, deployment: Deployment) -> "Record":
        """Creates the document. Raises AlreadyExists if one has this number."""
        versions = ground.store.commit([Create(deployment.path, to_doc(deployment))])
        return cls(ground, deployment, versions[deployment.path])

    @classmethod
    def last(cls, ground: Ground) -> "Record | None":
        newest = next(iter(latest(ground.store)), None)
        doc = ground.store.get(newest.path) if newest else None
        return cls(ground, from_doc(doc.data), doc.version) if doc else None
