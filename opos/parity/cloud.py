"""What is so in a target: asked of Google, each question for a few seconds at most."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from opos.cloud.declared import service
from opos.parity.run_tool import PATIENCE, NoAnswer, gcloud
from opos.parity.table import Cell
from shared.config.deploy import Target
from shared.deployments import Deployment, latest
from shared.errors import OposError
from shared.ports import Store

EXPECTED = {"store": ("OPOS_STORE", "firestore"), "bus": ("OPOS_BUS", "pubsub")}
AT_ONCE = 4
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of one target: by fact. Nothing is where it cannot be reached."""

    project: Cell
    settings: dict[str, Cell] = field(default_factory=dict)
    secrets: dict[str, Cell] = field(default_factory=dict)
    files: dict[str, Cell] = field(default_factory=dict)


def look(name: str, target: Target, secrets: Sequence[str], store: Store) -> Found:
    """Everything about the target called *name*, whose project holds *secrets*."""
    project = _project(target)
    if project.stops:
        return Found(project)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = pool.submit(_settings, target)
        found = dict(zip(secrets, pool.map(lambda one: _secret(one, target), secrets), strict=True))
    return Found(project, running.result(), found, _files(name, store))


def _project(target: Target) -> Cell:
    try:
        state = (gcloud("projects", "describe", target.project) or {}).get("lifecycleState", "ACTIVE")
    except NoAnswer as fault:
        return Cell(_UNKNOWN, f"{target.project} cannot be reached: {fault}", stops=True)
    return Cell(target.project) if state == "ACTIVE" else Cell(state, f"{target.project} is {state}", stops=True)


def _secret(name: str, target: Target) -> Cell:
    try:
        version = gcloud("secrets", "versions", "describe", "latest", f"--secret={name}", f"--project={target.project}")
    except NoAnswer as fault:
        return _no_version(name, target, str(fault))
    state = str(version.get("state", _UNKNOWN)).lower()
    if state != "enabled":
        return _no_version(name, target, state)
    return Cell(f"version {version['name'].rpartition('/')[2]}")


def _no_version(name: str, target: Target, why: str) -> Cell:
    add = f"gcloud secrets versions add {name} --data-file=- --project={target.project}"
    return Cell("missing", f"{add}    ({why})", stops=True)


def _settings(target: Target) -> dict[str, Cell]:
    """What the newest revision of the intake is run with."""
    place = f"--project={target.project}", f"--region={target.region}"
    try:
        found = gcloud("run", "services", "describe", service("webhook_intake"), *place)
    except NoAnswer as fault:
        return {"store": Cell(_UNKNOWN, f"no service to look at: {fault}"), "bus": Cell(_UNKNOWN)}
    values = _environment(found)
    return {fact: _setting(values.get(name, "unset"), name, expected) for fact, (name, expected) in EXPECTED.items()}


def _setting(value: str, name: str, expected: str) -> Cell:
    return Cell(value, "" if value == expected else f"expected {name}={expected}; `opos deploy` sets it")


def _environment(service: Any) -> dict[str, str]:
    containers = service["spec"]["template"]["spec"]["containers"]
    return {one["name"]: str(one.get("value", "")) for one in containers[0].get("env", [])}


def _files(name: str, store: Store) -> dict[str, Cell]:
    """Of the last deployment that is done; the store is asked in a thread of its own, which nobody waits for long."""
    found: list[list[Deployment]] = []

    def ask() -> None:
        try:
            found.append(latest(store, limit=20))
        except OposError:
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if not found:
        return dict.fromkeys(("opos.yaml", "flags.yaml", "commit"), Cell(_UNKNOWN, "the store did not answer"))
    last = next((one for one in found[0] if one.phase == "done"), None)
    if last is None:
        never = Cell("never deployed", f"opos deploy --target {name}")
        return dict.fromkeys(("opos.yaml", "flags.yaml", "commit"), never)
    return {"opos.yaml": Cell(last.config[:12]), "flags.yaml": Cell(last.flags[:12]), "commit": Cell(last.commit[:7])}
