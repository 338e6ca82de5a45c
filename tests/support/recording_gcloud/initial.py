"""A project as `infra/` leaves it: what opos.cloud.declared wants, and eight services with a placeholder."""

import json
from typing import Any

from opos.cloud import declared
from shared.config.model import Config
from shared.ports.topology import FUNCTIONS, TOPICS
from tests.support.recording_gcloud import images, serving
from tests.support.recording_gcloud.project import CPU_QUOTA

NUMBER, PLACEHOLDER = "123456789012", "us-docker.pkg.dev/cloudrun/container/hello:latest"
SIGNED_IN = "me@example.com"
CREATED = "2025-01-01T00:00:00.000Z"
Roles = dict[str, list[str]]


def initial(config: Config, project: str, region: str, public: tuple[str, ...]) -> dict[str, Any]:
    state: dict[str, Any] = {
        "project": project, "number": NUMBER, "region": region, "url": "", "account": SIGNED_IN, "created": CREATED,
        "version": "528.0.0", "apis": sorted({*declared.APIS, "serviceusage.googleapis.com"}), "denied": [],
        "accounts": [declared.account(name, project) for name in (*FUNCTIONS, *_OTHERS)], "tokens": {},
        "quotas": {CPU_QUOTA: 200_000}, "policies": _policies(config, project, public),
        "secrets": {name: {"versions": [_version(name)]} for name in declared.all_secrets(config)}, "images": {},
        "services": {}, "revisions": {}, "broken": [], "unbuildable": [], "builds": [], "plans": [], "mutations": 0,
        "grudging": False,
    }  # fmt: skip
    images.keep(state, PLACEHOLDER, f"sha256:{'0' * 64}")
    for function in FUNCTIONS:
        serving.put(state, _service(function, project, region))
    return state


_OTHERS = (declared.PUSHER, declared.DEPLOYER, declared.BUILDER)


def _version(name: str) -> dict[str, Any]:
    return {"number": "1", "state": "ENABLED", "value": f"value-of-{name}", "created": 1735689600.0}


def _policies(config: Config, project: str, public: tuple[str, ...]) -> dict[str, Any]:
    def member(name: str) -> str:
        return f"serviceAccount:{declared.account(name, project)}"

    secrets = declared.secrets(config)
    found: dict[str, Roles] = {"project": _project_roles(member)}
    for function in FUNCTIONS:
        callers = ["allUsers"] if function in public else [member(one) for one in declared.CALLERS.get(function, ())]
        found[f"services/{declared.service(function)}"] = {declared.INVOKE_ROLE: callers}
    for topic in TOPICS:
        writers = [member(one) for one, topics in declared.PUBLISHES.items() if topic in topics]
        found[f"topics/{topic}"] = {declared.PUBLISH_ROLE: writers}
    for name in declared.all_secrets(config):
        readers = [member(one) for one in FUNCTIONS if name in secrets[one]]
        found[f"secrets/{name}"] = {declared.SECRET_ROLE: readers}
    return {resource: _policy(roles) for resource, roles in found.items()}


def _project_roles(member: Any) -> Roles:
    roles: Roles = {declared.STORE_ROLE: [member(one) for one in FUNCTIONS]}
    granted = {declared.DEPLOYER: declared.DEPLOYER_ROLES, declared.BUILDER: declared.BUILDER_ROLES}
    for name, wanted in granted.items():
        for role in wanted:
            roles.setdefault(role, []).append(member(name))
    return roles | {"roles/owner": [f"user:{SIGNED_IN}"]}


def _policy(roles: Roles) -> dict[str, Any]:
    bindings = [{"members": sorted(members), "role": role} for role, members in sorted(roles.items()) if members]
    return {"bindings": bindings, "etag": "BwYAAAAAAAA=", "version": 1}


def _service(function: str, project: str, region: str) -> dict[str, Any]:
    notes = {
        "run.googleapis.com/ingress": "all",
        "run.googleapis.com/custom-audiences": json.dumps([declared.audience(function)]),
    }
    name = declared.service(function)
    return {
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {
            "name": name, "namespace": project, "annotations": notes,
            "labels": {"cloud.googleapis.com/location": region},
        },
        "spec": {
            "template": {"metadata": {}, "spec": _placeholder(declared.account(function, project))},
            "traffic": [{"latestRevision": True, "percent": 100}],
        },
    }  # fmt: skip


def _placeholder(account: str) -> dict[str, Any]:
    return {
        "containerConcurrency": 80, "timeoutSeconds": 300, "serviceAccountName": account,
        "containers": [
            {
                "image": PLACEHOLDER, "ports": [{"name": "http1", "containerPort": 8080}],
                "resources": {"limits": {"cpu": "1000m", "memory": "512Mi"}},
            },
        ],
    }  # fmt: skip
