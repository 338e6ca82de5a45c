"""The commands that are understood: their arguments, their flags, what they need, and who carries them out.

A flag that ends in `!` has no value. A call needs its `api` to be on and its `permission`, on a resource that is named
by {project}, {number} and {0}, the first argument.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.support.recording_gcloud import images, project, run, secrets
from tests.support.recording_gcloud.arguments import Call
from tests.support.recording_gcloud.state import State


class Command(NamedTuple):
    handler: Callable[[Call, State], Any]
    given: str = ""
    flags: str = ""
    api: str = ""
    permission: str = ""
    resource: str = "projects/{project}"
    mutates: bool = False


RUN, SECRETS = "run.googleapis.com", "secretmanager.googleapis.com"
SERVICE, REVISION = "namespaces/{project}/services/{0}", "namespaces/{project}/revisions/{0}"
SECRET, VERSION = "projects/{number}/secrets/{0}", "projects/{number}/secrets/{secret}"
TOPIC = "projects/{project}/topics/{0}"
DEPLOY = (
    "region image no-traffic! tag revision-suffix service-account set-env-vars set-secrets clear-secrets! memory "
    "concurrency min-instances max-instances cpu-boost! no-cpu-boost! timeout labels update-labels set-custom-audiences "
    "ingress platform"
)
TRAFFIC = "region to-revisions to-latest! update-tags remove-tags platform"
SUBMIT = "config region service-account substitutions async! suppress-logs! gcs-source-staging-dir timeout ignore-file"


def _run(handler: Any, given: str, flags: str, verb: str, resource: str, *, mutates: bool = False) -> Command:
    return Command(handler, given, flags, RUN, f"run.{verb}", resource, mutates)


def _secrets(handler: Any, given: str, flags: str, verb: str, resource: str, *, mutates: bool = False) -> Command:
    return Command(handler, given, flags, SECRETS, f"secretmanager.{verb}", resource, mutates)


def _policy(given: str, api: str, permission: str, resource: str, flags: str = "") -> Command:
    return Command(project.policy, given, flags, f"{api}.googleapis.com", f"{permission}.getIamPolicy", resource)


_ALL, _PROJECT = "projects/{project}", "projects/{0}"
COMMANDS: Mapping[str, Command] = {
    "version": Command(project.version),
    "auth list": Command(project.accounts),
    "auth print-identity-token": Command(
        project.identity_token, "", "audiences include-email!", "iamcredentials.googleapis.com",
        "iam.serviceAccounts.getAccessToken", "projects/-/serviceAccounts/{account}",
    ),
    "projects describe": Command(
        project.describe, "PROJECT_ID_OR_NUMBER", "", "cloudresourcemanager.googleapis.com",
        "resourcemanager.projects.get", _PROJECT,
    ),
    "projects get-iam-policy": _policy(
        "PROJECT_ID_OR_NUMBER", "cloudresourcemanager", "resourcemanager.projects", _PROJECT
    ),
    "services list": Command(project.apis, "", "enabled!", "", "serviceusage.services.list"),
    "beta quotas info list": Command(project.quotas, "", "service", "", "cloudquotas.quotas.get"),
    "logging read": Command(project.logs, "LOG_FILTER", "limit", permission="logging.logEntries.list"),
    "pubsub topics get-iam-policy": _policy("TOPIC", "pubsub", "pubsub.topics", TOPIC),
    "artifacts docker images describe": Command(
        images.describe, "IMAGE", "", "artifactregistry.googleapis.com", "artifactregistry.dockerimages.get"
    ),
    "builds submit": Command(
        images.submit, "SOURCE", SUBMIT, "cloudbuild.googleapis.com", "cloudbuild.builds.create", mutates=True
    ),
    "run deploy": _run(run.deploy, "SERVICE", DEPLOY, "services.update", SERVICE, mutates=True),
    "run services list": _run(run.list_services, "", "region", "services.list", _ALL),
    "run services describe": _run(run.describe_service, "SERVICE", "region", "services.get", SERVICE),
    "run services get-iam-policy": _policy("SERVICE", "run", "run.services", SERVICE, "region"),
    "run services update-traffic": _run(
        run.update_traffic, "SERVICE", TRAFFIC, "services.update", SERVICE, mutates=True
    ),
    "run revisions list": _run(run.list_revisions, "", "region service", "revisions.list", _ALL),
    "run revisions describe": _run(run.describe_revision, "REVISION", "region", "revisions.get", REVISION),
    "secrets describe": _secrets(secrets.describe, "SECRET", "", "secrets.get", SECRET),
    "secrets create": _secrets(
        secrets.create, "SECRET", "replication-policy data-file", "secrets.create", _ALL, mutates=True
    ),
    "secrets get-iam-policy": _policy("SECRET", "secretmanager", "secretmanager.secrets", SECRET),
    "secrets versions describe": _secrets(secrets.describe_version, "VERSION", "secret", "versions.get", VERSION),
    "secrets versions access": _secrets(secrets.access, "VERSION", "secret", "versions.access", VERSION),
    "secrets versions list": _secrets(secrets.list_versions, "SECRET", "", "versions.list", SECRET),
    "secrets versions add": _secrets(secrets.add, "SECRET", "data-file", "versions.add", SECRET, mutates=True),
    "secrets versions disable": _secrets(
        secrets.disable, "VERSION", "secret", "versions.disable", VERSION, mutates=True
    ),
    "secrets versions enable": _secrets(secrets.enable, "VERSION", "secret", "versions.enable", VERSION, mutates=True),
}  # fmt: skip
UNSIGNED = {"version", "auth list"}
"""What one may call without being signed in."""
