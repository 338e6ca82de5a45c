"""Images in Artifact Registry: which there are, and how one is made."""

import json
from pathlib import Path

from opos.cloud import declared
from opos.cloud.gcloud import CloudError, Gcloud, Missing
from opos.cloud.packaging import build_config


def built(name: str, gcloud: Gcloud) -> str | None:
    """The image called *name* by its content, which no later build changes; None where there is none."""
    try:
        found = gcloud.json("artifacts", "docker", "images", "describe", name)
    except Missing:
        return None
    return str(found["image_summary"]["fully_qualified_digest"])


def build(name: str, source: Path, gcloud: Gcloud) -> str:
    """Has Cloud Build make the image called *name* of the folder *source*; the image by its content."""
    account = declared.account(declared.BUILDER, gcloud.project)
    config = source.with_name("build.json")
    config.write_text(json.dumps(build_config(name, account)))
    gcloud.regional("builds", "submit", str(source), f"--config={config}", "--suppress-logs")
    if found := built(name, gcloud):
        return found
    raise CloudError(f"expected the build to leave the image {name}, found none")
