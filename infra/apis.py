"""Google's APIs, which are disabled in a new project, and the identities that some of them act under."""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp

from infra.iam_policy import AGENTS
from infra.target import Chosen, Cloud
from opos.cloud.declared import APIS


def enter(chosen: Chosen) -> Cloud:
    """Enables the APIs. They stay enabled when the stack is destroyed, because other software may use them."""
    project = chosen.target.project
    provider = gcp.Provider(
        "google", project=project, region=chosen.target.region, user_project_override=True, billing_project=project
    )
    options = pulumi.ResourceOptions(provider=provider)
    apis = {
        api: gcp.projects.Service(api, project=project, service=api, disable_on_destroy=False, opts=options)
        for api in APIS
    }
    return Cloud(chosen, provider, apis)


def make_agents(cloud: Cloud) -> Mapping[str, gcp.projects.ServiceIdentity]:
    """Creates the identities of APIs. Google creates each at its first use, but the permissions need it earlier."""
    return {
        agent: gcp.projects.ServiceIdentity(
            agent, project=cloud.project, service=f"{agent}.googleapis.com", opts=cloud.needing(agent)
        )
        for agent in AGENTS
    }
