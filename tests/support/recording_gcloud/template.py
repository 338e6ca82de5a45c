"""What the flags of `gcloud run deploy` change in a service; the tests compare it with what the real one puts."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.recording_gcloud import traffic
from tests.support.recording_gcloud.arguments import Call
from tests.support.recording_gcloud.refusals import DARK_AND_NEW, Refused

NAME_LENGTH = 63
Service = dict[str, Any]
Change = Callable[[Service, Call], None]
_VERSION = {"run.googleapis.com/client-name": "gcloud", "run.googleapis.com/client-version": "528.0.0"}


def new(name: str, project: str, region: str) -> Service:
    return {
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {
            "name": name, "namespace": project, "labels": {"cloud.googleapis.com/location": region}, "annotations": {},
        },
        "spec": {
            "template": {"metadata": {}, "spec": {"containers": [{"image": ""}]}},
            "traffic": [{"latestRevision": True, "percent": 100}],
        },
    }  # fmt: skip


def change(service: Service, call: Call) -> None:
    """Change *service* as the flags of *call* say, in gcloud's order."""
    template = service["spec"]["template"]
    for thing in (service, template):
        thing["metadata"].setdefault("annotations", {}).update(_VERSION)
    generation = service["metadata"].get("generation", 0) + 1
    template["metadata"]["name"] = f"{service['metadata']['name']}-{generation:05d}-rec"
    for flag, apply in CHANGES.items():
        if flag in call.flags:
            apply(service, call)


def _dark(service: Service, _: Call) -> None:
    if "generation" not in service["metadata"]:
        raise Refused(DARK_AND_NEW)
    service["spec"]["traffic"] = traffic.pin(service["spec"]["traffic"], service["status"]["latestReadyRevisionName"])


def _suffix(service: Service, call: Call) -> None:
    suffix = call.needs("revision-suffix")
    prefix = service["metadata"]["name"][: NAME_LENGTH - len(suffix) - 1]
    service["spec"]["template"]["metadata"]["name"] = f"{prefix}-{suffix}"


def _tag(service: Service, call: Call) -> None:
    name = service["spec"]["template"]["metadata"]["name"]
    service["spec"]["traffic"] = traffic.tag(service["spec"]["traffic"], {call.needs("tag"): name})


def _image(service: Service, call: Call) -> None:
    _container(service)["image"] = call.needs("image")


def _literals(service: Service, call: Call) -> None:
    """Set: those that were there before go, the secrets stay."""
    kept = [one for one in _container(service).get("env", []) if "valueFrom" in one]
    found = [{"name": name, "value": value} for name, value in call.pairs("set-env-vars").items()]
    _environment(service, found + kept)


def _secrets(service: Service, call: Call) -> None:
    wanted = {name: source.partition(":") for name, source in call.pairs("set-secrets").items()}
    kept = [one for one in _container(service).get("env", []) if "valueFrom" not in one]
    found = [
        {"name": name, "valueFrom": {"secretKeyRef": {"key": key, "name": secret}}}
        for name, (secret, _, key) in wanted.items()
    ]
    _environment(service, kept + found)


def _environment(service: Service, found: list[dict[str, Any]]) -> None:
    _container(service).pop("env", None)
    if found:
        _container(service)["env"] = found


def _memory(service: Service, call: Call) -> None:
    _container(service).setdefault("resources", {}).setdefault("limits", {})["memory"] = call.needs("memory")


def _labels(service: Service, call: Call) -> None:
    labels = service["metadata"].setdefault("labels", {})
    labels.update(call.pairs("labels") | call.pairs("update-labels"))
    service["spec"]["template"]["metadata"]["labels"] = dict(labels)


def _field(name: str, flag: str, read: Callable[[str], Any] = str) -> Change:
    def apply(service: Service, call: Call) -> None:
        service["spec"]["template"]["spec"][name] = read(call.needs(flag))

    return apply


def _scale(name: str, flag: str) -> Change:
    def apply(service: Service, call: Call) -> None:
        notes = service["spec"]["template"]["metadata"]["annotations"]
        notes.pop(name, None)
        if call.needs(flag) not in {"0", "default"}:
            notes[name] = call.needs(flag)

    return apply


def _boost(service: Service, call: Call) -> None:
    on = str("cpu-boost" in call.flags)
    service["spec"]["template"]["metadata"]["annotations"]["run.googleapis.com/startup-cpu-boost"] = on


def _audiences(service: Service, call: Call) -> None:
    found = json.dumps(call.list("set-custom-audiences"))
    service["metadata"]["annotations"]["run.googleapis.com/custom-audiences"] = found


def _ingress(service: Service, call: Call) -> None:
    service["metadata"]["annotations"]["run.googleapis.com/ingress"] = call.needs("ingress")


def _container(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service["spec"]["template"]["spec"]["containers"][0]
    return found


def seconds(text: str) -> int:
    units = {"s": 1, "m": 60, "h": 3600}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


CHANGES: dict[str, Change] = {
    "image": _image, "set-env-vars": _literals, "set-secrets": _secrets, "clear-secrets": _secrets, "memory": _memory,
    "labels": _labels, "update-labels": _labels, "service-account": _field("serviceAccountName", "service-account"),
    "min-instances": _scale("autoscaling.knative.dev/minScale", "min-instances"),
    "max-instances": _scale("autoscaling.knative.dev/maxScale", "max-instances"),
    "no-traffic": _dark, "concurrency": _field("containerConcurrency", "concurrency", int),
    "timeout": _field("timeoutSeconds", "timeout", seconds), "revision-suffix": _suffix, "ingress": _ingress,
    "tag": _tag, "cpu-boost": _boost, "no-cpu-boost": _boost, "set-custom-audiences": _audiences,
}  # fmt: skip
