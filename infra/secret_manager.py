"""The secrets' names. Their values never pass through here: a stack's state would keep them."""

from collections.abc import Mapping

import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import all_secrets


def make_secrets(cloud: Cloud) -> Mapping[str, gcp.secretmanager.Secret]:
    """They stay in the region. A value that is destroyed is gone for good, so that Pulumi refuses to."""
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
