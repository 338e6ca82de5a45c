"""The trigger of Cloud Build: a push to main deploys to staging; an approved version tag deploys to production.

Source: Cloud Build documentation, "Connect to a GitHub repository" (repositories of the 2nd generation).
"""

import pulumi_gcp as gcp

from infra.target import Cloud
from shared.config.deploy import TargetName

BRANCH, TAG = "^main$", "^v.*"
STEPS = "cloudbuild.yaml"


def make_trigger(repository: str | None, deployer: gcp.serviceaccount.Account, cloud: Cloud) -> None:
    """Creates the trigger if a *repository* is connected to the project. Otherwise you deploy by hand."""
    if not repository:
        return
    name = cloud.chosen.name
    event = gcp.cloudbuild.TriggerRepositoryEventConfigArgs(repository=repository, push=_pushed(name))
    gcp.cloudbuild.Trigger(
        "deploy",
        project=cloud.project,
        location=cloud.region,
        name=f"deploy-{name}",
        description=f"Tests, then `opos deploy --target {name}`.",
        repository_event_config=event,
        filename=STEPS,
        substitutions={"_TARGET": name},
        service_account=deployer.name,
        approval_config=gcp.cloudbuild.TriggerApprovalConfigArgs(approval_required=is_approved(name)),
        opts=cloud.needing("cloudbuild"),
    )


def is_approved(name: TargetName) -> bool:
    """Whether an operator has to approve each deploy to the target."""
    return name == "production"


def _pushed(name: TargetName) -> gcp.cloudbuild.TriggerRepositoryEventConfigPushArgs:
    if name == "production":
        return gcp.cloudbuild.TriggerRepositoryEventConfigPushArgs(tag=TAG)
    return gcp.cloudbuild.TriggerRepositoryEventConfigPushArgs(branch=BRANCH)
