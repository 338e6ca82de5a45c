"""The facts about a target, from Google Cloud. Each call takes a few seconds at most."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from opos.cloud.declared import service
from opos.cloud.gcloud import CloudError, Gcloud
from opos.parity.table import Cell
from shared.config.deploy import Target
from shared.deployments import Deployment, latest
from shared.errors import OposError
from shared.ports import Store

EXPECTED = {"store": ("OPOS_STORE", "firestore"), "bus": ("OPOS_BUS", "pubsub")}
AT_ONCE = 4
PATIENCE = 8.0
"""Seconds that an answer may take. `opos verify --env` reports a fact as unknown rather than wait longer."""
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts about a target, each by its name. A project that cannot be reached has no others."""

    project: Cell
    settings: dict[str, Cell] = field(default_factory=dict)
    secrets: dict[str, Cell] = field(default_factory=dict)
    files: dict[str, Cell] = field(default_factory=dict)


def impatient(target: Target) -> Gcloud:
    """The gcloud of *target*, with one short attempt for each call."""
    return Gcloud(target.project, target.region, patience=PATIENCE, attempts=1)


def look(name: str, target: Target, secrets: Sequence[str], store: Store) -> Facts:
    """The facts about the target called *name*, whose project holds *secrets*."""
    gcloud = impatient(target)
    project = _project(gcloud)
    if project.stops:
        return Facts(project)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = pool.submit(_settings, gcloud)
        versions = dict(zip(secrets, pool.map(lambda secret: _secret(secret, gcloud), secrets), strict=True))
    return Facts(project, running.result(), versions, _files(name, store))


def _project(gcloud: Gcloud) -> Cell:
    project = gcloud.project
    try:
        state = (gcloud.json("projects", "describe", project) or {}).get("lifecycleState", "ACTIVE")
    except CloudError as fault:
        return Cell(_UNKNOWN, f"{project} cannot be reached: {fault.brief}", stops=True)
    return Cell(project) if state == "ACTIVE" else Cell(state, f"{project} is {state}", stops=True)


def _secret(name: str, gcloud: Gcloud) -> Cell:
    try:
        version = gcloud.json("secrets", "versions", "describe", "latest", f"--secret={name}")
    except CloudError as fault:
        return _no_version(name, gcloud, fault.brief)
    state = str(version.get("state", _UNKNOWN)).lower()
    if state != "enabled":
        return _no_version(name, gcloud, state)
    return Cell(f"version {version['name'].rpartition('/')[2]}")


def _no_version(name: str, gcloud: Gcloud, why: str) -> Cell:
    add = f"gcloud secrets versions add {name} --data-file=- --project={gcloud.project}"
    return Cell("missing", f"{add}    ({why})", stops=True)


def _settings(gcloud: Gcloud) -> dict[str, Cell]:
    """The settings of the newest revision of the intake."""
    try:
        values = _environment(gcloud.regional("run", "services", "describe", service("webhook_intake")))
    except CloudError as fault:
        return {"store": Cell(_UNKNOWN, f"cannot read the service: {fault.brief}"), "bus": Cell(_UNKNOWN)}
    return {fact: _setting(values.get(name, "unset"), name, expected) for fact, (name, expected) in EXPECTED.items()}


def _setting(value: str, name: str, expected: str) -> Cell:
    return Cell(value, "" if value == expected else f"expected {name}={expected}; `opos deploy` sets it")


def _environment(service: Any) -> dict[str, str]:
    containers = service["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: str(entry.get("value", "")) for entry in containers[0].get("env", [])}


def _files(name: str, store: Store) -> dict[str, Cell]:
    """The files of the last successful deployment. A thread reads the store, so that a slow one delays nothing."""
    answers: list[list[Deployment]] = []

    def ask() -> None:
        try:
            answers.append(latest(store, limit=20))
        except OposError:
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if not answers:
        return dict.fromkeys(("opos.yaml", "flags.yaml", "commit"), Cell(_UNKNOWN, "the store did not answer"))
    last = next((deployment for deployment in answers[0] if deployment.phase == "done"), None)
    if last is None:
        never = Cell("never deployed", f"opos deploy --target {name}")
        return dict.fromkeys(("opos.yaml", "flags.yaml", "commit"), never)
    return {"opos.yaml": Cell(last.config[:12]), "flags.yaml": Cell(last.flags[:12]), "commit": Cell(last.commit[:7])}
