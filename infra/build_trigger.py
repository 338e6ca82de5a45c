"""The triggers of Cloud Build: a push to main, or a version tag, is tested and deployed, each by a build of its own.

The tests run under an account that may only write logs. The deploy waits until the tests of the same commit have
passed; for production, an operator approves it first. Source: Cloud Build documentation, "Connect to a GitHub
repository" (repositories of the 2nd generation).
"""

import os
from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from infra.target import OPOS_YAML, Cloud
from opos.cloud.declared import DEPLOYER, TESTER
from opos.cloud.image_digests import CLI, Unpinned, recorded, require_all
from shared.config.deploy import TargetName

BRANCH, TAG = "^main$", "^v.*"
TESTS, DEPLOY = "cloudbuild.yaml", "cloudbuild.deploy.yaml"


def make_triggers(repository: str | None, accounts: Mapping[str, gcp.serviceaccount.Account], cloud: Cloud) -> None:
    """Creates the triggers if a *repository* is connected to the project. Otherwise you deploy by hand.

    Raises pulumi.RunError if images.lock lacks the digest of an image.
    """
    if not repository:
        return
    name, image = cloud.chosen.name, {"_CLI_DIGEST": _digest()}
    tests = gcp.cloudbuild.Trigger(
        "test",
        project=cloud.project,
        location=cloud.region,
        name=f"test-{name}",
        description="Checks and tests, without permissions.",
        repository_event_config=_event(repository, name),
        filename=TESTS,
        substitutions=image,
        service_account=accounts[TESTER].name,
        opts=cloud.needing("cloudbuild"),
    )
    gcp.cloudbuild.Trigger(
        "deploy",
        project=cloud.project,
        location=cloud.region,
        name=f"deploy-{name}",
        description=f"`opos deploy --target {name}`, once the tests have passed.",
        repository_event_config=_event(repository, name),
        filename=DEPLOY,
        substitutions={**image, "_TARGET": name, "_TESTS": tests.trigger_id},
        service_account=accounts[DEPLOYER].name,
        approval_config=gcp.cloudbuild.TriggerApprovalConfigArgs(approval_required=is_approved(name)),
        opts=cloud.needing("cloudbuild"),
    )


def is_approved(name: TargetName) -> bool:
    """Whether an operator has to approve each deploy to the target."""
    return name == "production"


def _digest() -> str:
    """The digest of the image in which the builds run, from images.lock next to opos.yaml. Raises pulumi.RunError."""
    try:
        digests = recorded(Path(os.environ.get("OPOS_CONFIG", OPOS_YAML)).parent)
        require_all(digests)
    except Unpinned as fault:
        raise pulumi.RunError(f"{fault}\n{fault.hint}") from fault
    return digests[CLI]


def _event(repository: str, name: TargetName) -> gcp.cloudbuild.TriggerRepositoryEventConfigArgs:
    push = gcp.cloudbuild.TriggerRepositoryEventConfigPushArgs
    pushed = push(tag=TAG) if name == "production" else push(branch=BRANCH)
    return gcp.cloudbuild.TriggerRepositoryEventConfigArgs(repository=repository, push=pushed)
