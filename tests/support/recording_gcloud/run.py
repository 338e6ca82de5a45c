"""The commands of `gcloud run`."""

import json
import os
from typing import Any

from tests.support.recording_gcloud import refusals as say
from tests.support.recording_gcloud import serving, template, traffic
from tests.support.recording_gcloud.arguments import Call
from tests.support.recording_gcloud.refusals import Refused
from tests.support.recording_gcloud.state import State


def list_services(_: Call, state: State) -> Any:
    return [shown(state, state["services"][name]) for name in sorted(state["services"])]


def describe_service(call: Call, state: State) -> Any:
    if (found := state["services"].get(call.given[0])) is None:
        raise Refused(say.NO_SERVICE.format(call.given[0]))
    return shown(state, found)


def list_revisions(call: Call, state: State) -> Any:
    """The newest first, as Cloud Run lists them."""
    label, owner = "serving.knative.dev/service", call.flag("service")
    found = [one for one in state["revisions"].values() if owner in {None, one["metadata"]["labels"][label]}]
    return found[::-1]


def describe_revision(call: Call, state: State) -> Any:
    if (found := state["revisions"].get(call.given[0])) is None:
        raise Refused(say.NO_REVISION.format(call.given[0]))
    return found


def deploy(call: Call, state: State) -> Any:
    name = call.given[0]
    service = _copy(state["services"].get(name)) or template.new(name, call.needs("project"), call.needs("region"))
    template.change(service, call)
    return _settled(state, serving.put(state, service))


def update_traffic(call: Call, state: State) -> Any:
    if not call.flags.keys() & {"to-revisions", "to-latest", "update-tags", "remove-tags"}:
        raise Refused(say.NO_TRAFFIC_CHANGE)
    wanted = percents(call)
    if (service := _copy(state["services"].get(call.given[0]))) is None:
        raise Refused(say.SERVICE_GONE.format(call.given[0]))
    targets = service["spec"]["traffic"]
    if call.flags.keys() & {"update-tags", "remove-tags"}:
        targets = traffic.tag(targets, call.pairs("update-tags"), call.list("remove-tags"))
    service["spec"]["traffic"] = traffic.share(targets, wanted) if wanted else targets
    return _settled(state, serving.put(state, service))["status"]["traffic"]


def shown(state: State, service: dict[str, Any]) -> dict[str, Any]:
    """*service* with the addresses that it has by now."""
    found = _copy(service)
    name, number, region = found["metadata"]["name"], state["number"], state["region"]
    base = os.environ.get("RECORDING_GCLOUD_URL") or state["url"]
    found["status"]["url"] = f"{base}/{name}" if base else f"https://{name}-{number}.{region}.run.app"
    for one in found["status"]["traffic"]:
        if tag := one.get("tag"):
            one["url"] = f"{base}/{tag}---{name}" if base else found["status"]["url"].replace("//", f"//{tag}---")
    return dict(found)


def percents(call: Call) -> dict[str, int]:
    """The share that each revision is to have, as the flags say."""
    if call.flag("to-latest"):
        return {traffic.LATEST: 100}
    return {revision: _percent(text) for revision, text in call.pairs("to-revisions").items()}


def _percent(text: str) -> int:
    try:
        found = int(text)
    except ValueError:
        raise Refused(say.NOT_A_NUMBER.format(text), command="gcloud") from None
    if not 0 <= found <= 100:
        raise Refused(say.NOT_A_PERCENT.format(text), command="gcloud")
    return found


def _settled(state: State, service: dict[str, Any]) -> dict[str, Any]:
    """As gcloud waits for a service: an error, if that says that it is not ready. What was put stays put."""
    ready = serving.said_of(service)
    if ready["status"] != "True":
        raise Refused(ready["message"])
    return shown(state, service)


def _copy(thing: Any) -> Any:
    return json.loads(json.dumps(thing))
