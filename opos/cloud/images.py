"""Images in Artifact Registry: whether one exists, and how to build it."""

import json

from opos.cloud import declared
from opos.cloud.gcloud import CloudError, Gcloud, Missing
from opos.cloud.packaging import Release, build_config


def built(name: str, gcloud: Gcloud) -> str | None:
    """The image called *name* by its digest, which no later build changes; None if it does not exist."""
    try:
        described = gcloud.json("artifacts", "docker", "images", "describe", name)
    except Missing:
        return None
    return str(described["image_summary"]["fully_qualified_digest"])


def build(name: str, release: Release, gcloud: Gcloud) -> str:
    """Builds the image called *name* of *release* in Cloud Build; returns the image by its digest."""
    account = declared.account(declared.BUILDER, gcloud.project)
    config = release.folder.with_name("build.json")
    config.write_text(json.dumps(build_config(name, account, release.digests)))
    gcloud.regional("builds", "submit", str(release.folder), f"--config={config}", "--suppress-logs")
    if image := built(name, gcloud):
        return image
    raise CloudError(f"expected the build to push the image {name}, found none")
