"""The secrets, without their values: the state of a stack would store a value that Pulumi sees."""

from collections.abc import Mapping

import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import all_secrets


def make_secrets(cloud: Cloud) -> Mapping[str, gcp.secretmanager.Secret]:
    """Creates the secrets in the region. Pulumi refuses to destroy them, because a value cannot be recovered."""
    here = gcp.secretmanager.SecretReplicationUserManagedReplicaArgs(location=cloud.region)
    replication = gcp.secretmanager.SecretReplicationArgs(
        user_managed=gcp.secretmanager.SecretReplicationUserManagedArgs(replicas=[here])
    )
    return {
        name: gcp.secretmanager.Secret(
            name,
            project=cloud.project,
            secret_id=name,
            replication=replication,
            opts=cloud.needing("secretmanager", protect=True),
        )
        for name in all_secrets(cloud.chosen.config)
    }
