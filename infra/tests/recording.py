"""Runs the real program against an engine that records what it is asked to make, and a project that answers."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.runtime import mocks, rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_in_stack

from infra.stack import declare

SAMPLE = Path(__file__).parent / "opos.yaml"
NUMBER, BILLING = "123456789012", "0A0A0A-0B0B0B-0C0C0C"
REPOSITORY = "projects/example/locations/europe-west1/connections/github/repositories/desk"


@dataclass(frozen=True)
class Recorded:
    """One resource: what the program said about it, with the values that the cloud would have put in."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    needs: frozenset[str]
    protected: bool
    ignored: frozenset[str]


@dataclass
class Bundle:
    """All resources of one run of the program, and what the stack exports."""

    resources: list[Recorded] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)

    def of(self, *types: str) -> list[Recorded]:
        """Those whose type is one of *types*, such as `pubsub/topic:Topic`."""
        return [resource for resource in self.resources if resource.type.removeprefix("gcp:") in types]

    def all_needs(self, resource: Recorded) -> frozenset[str]:
        """The names of everything that is made before *resource*."""
        known, needed, waiting = {each.urn: each for each in self.resources}, set[str](), [*resource.needs]
        while waiting:
            if (urn := waiting.pop()) in known and urn not in needed:
                needed.add(urn)
                waiting += known[urn].needs
        return frozenset(known[urn].name for urn in needed)


class _Cloud(mocks.Mocks):
    """Answers with what the cloud would compute."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        project = args.inputs.get("project", "")
        answer = dict(args.inputs) | dict(_computed(args.typ, args.name, args.inputs, project))
        return answer.get("id", f"{args.name}-id"), answer

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        assert args.token == "gcp:organizations/getProject:getProject", args.token
        return {"number": NUMBER, "billingAccount": BILLING, "projectId": args.args["projectId"]}, []


def _computed(type: str, name: str, inputs: Mapping[str, Any], project: str) -> Iterator[tuple[str, str]]:
    match type.rpartition(":")[2]:
        case "Account":
            email = f"{inputs['accountId']}@{project}.iam.gserviceaccount.com"
            yield from {"email": email, "member": f"serviceAccount:{email}"}.items()
            yield "name", f"projects/{project}/serviceAccounts/{email}"
        case "ServiceIdentity":
            agent = {"monitoring": "monitoring-notification"}.get(name, name)
            yield "member", f"serviceAccount:service-{NUMBER}@gcp-sa-{agent}.iam.gserviceaccount.com"
        case "Topic":
            yield "id", f"projects/{project}/topics/{inputs['name']}"
        case "Service" if "template" in inputs:
            yield "uri", f"https://{inputs['name']}-{NUMBER}.{inputs['location']}.run.app"
        case "NotificationChannel":
            yield "name", f"projects/{project}/notificationChannels/{name}"
        case "Trigger":
            yield "triggerId", f"the id of {name}"
        case "UptimeCheckConfig":
            yield "uptimeCheckId", f"{name}-check"


class _Monitor(mocks.MockMonitor):
    """Keeps, beside a resource's inputs, the options that it was declared with."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(_Cloud())
        self.bundle = bundle

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.custom:
            self.bundle.resources.append(
                Recorded(
                    urn=answer.urn,
                    type=request.type,
                    name=request.name,
                    inputs=rpc.deserialize_properties(request.object),
                    needs=frozenset(request.dependencies),
                    protected=request.protect,
                    ignored=frozenset(request.ignoreChanges),
                )
            )
        return answer

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Any:
        self.bundle.exports |= rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def use(path: Path) -> None:
    """Let the program read the opos.yaml at *path*."""
    os.environ["OPOS_CONFIG"] = str(path)


def run(stack: str, settings: Mapping[str, str] | None = None) -> Bundle:
    """What the program declares for *stack*, with the stack's own *settings*; sorted, as the engine keeps no order."""
    bundle = Bundle()
    asyncio.run(_run(bundle, stack, settings or {}))
    bundle.resources.sort(key=lambda resource: (resource.type, resource.name))
    return bundle


async def _run(bundle: Bundle, stack: str, settings: Mapping[str, str]) -> None:
    mocks.set_mocks(_Cloud(), project="opos", stack=stack, preview=False, monitor=_Monitor(bundle))
    set_root_resource(None)  # type: ignore[arg-type]  # the mocks begin a stack of their own, which has no outputs
    set_all_config({f"opos:{key}": value for key, value in settings.items()})
    await run_in_stack(declare)
