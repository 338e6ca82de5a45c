"""What the API of Cloud Run does with a service that is put to it: revisions, whether they start, and the routing.

Sources: the Knative serving API, v1; the texts of refusals.py.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from tests.support.recording_gcloud import refusals as say
from tests.support.recording_gcloud.refusals import Refused
from tests.support.recording_gcloud.state import State

ACCESS = "roles/secretmanager.secretAccessor"
_CLIENT = ("run.googleapis.com/client-name", "run.googleapis.com/client-version")


def put(state: State, service: dict[str, Any]) -> dict[str, Any]:
    """Make *service* what is asked for; what is said about its revisions and traffic stands in its status."""
    name, before = service["metadata"]["name"], state["services"].get(service["metadata"]["name"])
    generation = service["metadata"]["generation"] = (before["metadata"]["generation"] if before else 0) + 1
    status = service["status"] = {**(before["status"] if before else {"traffic": []}), "observedGeneration": generation}
    template = service["spec"]["template"]
    if before is None or template != before["spec"]["template"]:
        status["latestCreatedRevisionName"] = _revise(state, service)
    created = status["latestCreatedRevisionName"]
    if is_ready(state["revisions"][created]):
        status["latestReadyRevisionName"] = created
    _route(state, service, only_traffic=before is not None and _is_rerouted(before["spec"], service["spec"]))
    state["services"][name] = service
    return service


def is_ready(revision: dict[str, Any]) -> bool:
    return bool(said_of(revision)["status"] == "True")


def said_of(thing: dict[str, Any], kind: str = "Ready") -> dict[str, Any]:
    """The condition called *kind*."""
    return next(one for one in thing["status"]["conditions"] if one["type"] == kind)


def secret_path(state: State, name: str) -> str:
    return f"projects/{state['number']}/secrets/{name}"


def holders(state: State, resource: str, role: str) -> list[str]:
    bindings = state["policies"].get(resource, {}).get("bindings", [])
    return [member for one in bindings if one["role"] == role for member in one["members"]]


def _revise(state: State, service: dict[str, Any]) -> str:
    """The name of the revision that *service* asks for: a new one, or one that is just so already."""
    template, owner = service["spec"]["template"], service["metadata"]
    name = template["metadata"].get("name") or f"{owner['name']}-{owner['generation']:05d}-rec"
    if (found := state["revisions"].get(name)) is None:
        state["revisions"][name] = _revision(state, name, service)
    elif _configuration(found) != _configuration(template):
        raise Refused(say.REVISION_TAKEN.format(name))
    return str(name)


def _revision(state: State, name: str, service: dict[str, Any]) -> dict[str, Any]:
    template, owner = json.loads(json.dumps(service["spec"]["template"])), service["metadata"]
    why = next(_faults(state, name, template), "")
    labels = {"serving.knative.dev/service": owner["name"], "serving.knative.dev/configuration": owner["name"]}
    image = template["spec"]["containers"][0]["image"]
    return {
        "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
        "metadata": {
            **template["metadata"], "name": name, "namespace": owner["namespace"], "creationTimestamp": _now(),
            "labels": {**template["metadata"].get("labels", {}), **labels},
        },
        "spec": template["spec"],
        "status": {
            "conditions": [_condition(kind, why) for kind in ("Ready", "ContainerHealthy", "ResourcesAvailable")],
            "imageDigest": _by_digest(image, state["images"].get(image, "")), "observedGeneration": 1,
        },
    }  # fmt: skip


def _faults(state: State, name: str, template: dict[str, Any]) -> Iterator[str]:
    """Why a revision of *template* does not start."""
    container = template["spec"]["containers"][0]
    if container["image"] not in state["images"]:
        yield say.IMAGE_GONE.format(container["image"])
    for index, entry in enumerate(container.get("env", [])):
        if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
            yield from _secret_faults(state, index, reference["name"], template["spec"].get("serviceAccountName", ""))
    told = {name, container["image"], *(f"{one['name']}={one.get('value')}" for one in container.get("env", []))}
    for broken in state["broken"]:
        if any(broken["matching"] in one for one in told):
            yield broken["why"]


def _secret_faults(state: State, index: int, name: str, account: str) -> Iterator[str]:
    path = f"{secret_path(state, name)}/versions/latest"
    if not state["secrets"].get(name, {}).get("versions"):
        yield say.SECRET_GONE.format(index, path)
    elif f"serviceAccount:{account}" not in holders(state, f"secrets/{name}", ACCESS):
        yield say.SECRET_DENIED.format(index, path, account)


def _is_rerouted(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return bool(before["template"] == after["template"] and before["traffic"] != after["traffic"])


def _route(state: State, service: dict[str, Any], *, only_traffic: bool) -> None:
    """Route as the specification says if all of it can be served; else leave the routing as it is."""
    status, targets = service["status"], service["spec"]["traffic"]
    created = status["latestCreatedRevisionName"]
    unready = "" if is_ready(state["revisions"][created]) else _unready(state, created)
    wrong = next((text for one in targets if (text := _unroutable(state, one))), "")
    if not wrong:
        status["traffic"] = [_routed(one, status) for one in targets]
    # Whether a service whose newest revision never started counts as ready after a change of its traffic alone, we
    # could not find out: `grudging` says no.
    blamed = wrong or ("" if only_traffic and not state["grudging"] else unready)
    status["conditions"] = [
        _condition("Ready", blamed), _condition("ConfigurationsReady", unready), _condition("RoutesReady", wrong),
    ]  # fmt: skip


def _unroutable(state: State, target: dict[str, Any]) -> str:
    if "revisionName" not in target:
        return ""
    name = target["revisionName"]
    if name not in state["revisions"]:
        return say.REVISION_GONE.format(name)
    return "" if is_ready(state["revisions"][name]) else _unready(state, name)


def _unready(state: State, name: str) -> str:
    return say.NOT_READY.format(name, said_of(state["revisions"][name])["message"])


def _routed(target: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {"revisionName": status.get("latestReadyRevisionName"), **target}


def _configuration(thing: dict[str, Any]) -> Any:
    """All that makes a revision what it is."""
    notes = {name: value for name, value in thing["metadata"].get("annotations", {}).items() if name not in _CLIENT}
    labels = thing["metadata"].get("labels", {}).items()
    return thing["spec"], notes, {name: value for name, value in labels if not name.startswith("serving.knative.dev/")}


def _by_digest(image: str, digest: str) -> str:
    """The image itself, whatever its tag names later."""
    return image if "@" in image or not digest else f"{image.rpartition(':')[0]}@{digest}"


def _condition(kind: str, wrong: str) -> dict[str, Any]:
    if not wrong:
        return {"type": kind, "status": "True", "lastTransitionTime": _now()}
    return {"type": kind, "status": "False", "message": wrong, "lastTransitionTime": _now()}


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
