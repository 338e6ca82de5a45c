"""A service for each function. It runs a placeholder until the first `opos deploy`, which owns it from then on."""

from collections.abc import Mapping

import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import audience, service
from shared.config.deploy import Size
from shared.ports.topology import FUNCTIONS

PLACEHOLDER = "us-docker.pkg.dev/cloudrun/container/hello"
"""Google's sample image. It answers every request with 200, so configure no sender before the first deploy."""
OWNED_BY_DEPLOY = ("template", "traffics", "client", "client_version", "scaling", "labels", "annotations")
TIMEOUT = "60s"


def make_services(
    accounts: Mapping[str, gcp.serviceaccount.Account], cloud: Cloud
) -> Mapping[str, gcp.cloudrunv2.Service]:
    return {
        function: gcp.cloudrunv2.Service(
            function,
            project=cloud.project,
            location=cloud.region,
            name=service(function),
            ingress="INGRESS_TRAFFIC_ALL",
            custom_audiences=[audience(function)],
            deletion_protection=False,
            template=_template(cloud.chosen.deploy.size(function), accounts[function]),
            opts=cloud.needing("run", ignoring=OWNED_BY_DEPLOY),
        )
        for function in FUNCTIONS
    }


def _template(size: Size, account: gcp.serviceaccount.Account) -> gcp.cloudrunv2.ServiceTemplateArgs:
    return gcp.cloudrunv2.ServiceTemplateArgs(
        service_account=account.email,
        max_instance_request_concurrency=size.concurrency,
        timeout=TIMEOUT,
        scaling=gcp.cloudrunv2.ServiceTemplateScalingArgs(
            min_instance_count=size.min_instances, max_instance_count=size.max_instances
        ),
        containers=[_container(size)],
    )


def _container(size: Size) -> gcp.cloudrunv2.ServiceTemplateContainerArgs:
    """CPU is billed only while a request runs, and is boosted while an instance starts."""
    resources = gcp.cloudrunv2.ServiceTemplateContainerResourcesArgs(
        limits={"cpu": "1", "memory": size.memory}, cpu_idle=True, startup_cpu_boost=True
    )
    return gcp.cloudrunv2.ServiceTemplateContainerArgs(image=PLACEHOLDER, resources=resources)
