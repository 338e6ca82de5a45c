"""The repository of the images, and how long it keeps each release."""

import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import REPOSITORY

KEPT = 10
UNTAGGED_FOR = "2592000s"
"""30 days."""


def make_repository(cloud: Cloud) -> gcp.artifactregistry.Repository:
    """Creates the repository. Google applies keep policies before delete policies."""
    return gcp.artifactregistry.Repository(
        REPOSITORY,
        project=cloud.project,
        location=cloud.region,
        repository_id=REPOSITORY,
        format="DOCKER",
        description="The image that every function runs.",
        cleanup_policies=[_keep_the_last(), _delete_untagged()],
        opts=cloud.needing("artifactregistry"),
    )


def _keep_the_last() -> gcp.artifactregistry.RepositoryCleanupPolicyArgs:
    recent = gcp.artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(keep_count=KEPT)
    return gcp.artifactregistry.RepositoryCleanupPolicyArgs(
        id="keep-the-last", action="KEEP", most_recent_versions=recent
    )


def _delete_untagged() -> gcp.artifactregistry.RepositoryCleanupPolicyArgs:
    condition = gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(tag_state="UNTAGGED", older_than=UNTAGGED_FOR)
    return gcp.artifactregistry.RepositoryCleanupPolicyArgs(id="delete-untagged", action="DELETE", condition=condition)
