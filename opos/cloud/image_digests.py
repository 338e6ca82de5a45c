"""The images of the builds by their digests, in images.lock. `python -m opos.cloud.image_digests` looks them up.

A tag can move to another image, which would then run with the permissions of the build; a digest names one image for
good. Source: Google Cloud documentation, "About container image digests".
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.errors import OposError

CLI = "gcr.io/google.com/cloudsdktool/google-cloud-cli:emulators"
"""Runs the tests and the deploy in Cloud Build."""
PACK = "gcr.io/k8s-skaffold/pack"
BUILDER = "gcr.io/buildpacks/builder:google-24"
"""With PACK, makes the image of a release."""
IMAGES = (CLI, PACK, BUILDER)
FILE = "images.lock"
LOOK_UP = ("container", "images", "describe")
_LINE = re.compile(r"(\S+) (sha256:[0-9a-f]{64})")
_HINT = "Run `python -m opos.cloud.image_digests`, check what it writes, and commit images.lock."


class Unpinned(OposError):
    code = "bad_settings"


def recorded(root: Path) -> dict[str, str]:
    """The digest of each image in images.lock at *root*; {} without the file. Raises Unpinned for another line."""
    try:
        lines = (root / FILE).read_text().splitlines()
    except FileNotFoundError:
        return {}
    digests = {}
    for number, line in enumerate(lines, start=1):
        if (match := _LINE.fullmatch(line)) is None:
            raise Unpinned(
                f"{FILE}:{number}: expected an image and its sha256 digest, found {line[:100]!r}", hint=_HINT
            )
        digests[match[1]] = match[2]
    return digests


def require_all(digests: Mapping[str, str]) -> None:
    """Raises Unpinned unless *digests* has every image that a build runs."""
    if missing := [image for image in IMAGES if image not in digests]:
        raise Unpinned(f"expected the digest of {', '.join(missing)} in {FILE}, found none", hint=_HINT)


def pinned(image: str, digests: Mapping[str, str]) -> str:
    """*image* by its digest; by its tag if none is recorded."""
    name = image.rpartition(":")[0] or image
    return f"{name}@{digests[image]}" if image in digests else image


def look_up(describe: Callable[..., str]) -> str:
    """The text of images.lock, from what *describe*, a call of gcloud, prints of each image."""
    format = "--format=value(image_summary.digest)"
    lines = [f"{image} {describe(*LOOK_UP, image, format).strip()}" for image in IMAGES]
    if wrong := [line for line in lines if not _LINE.fullmatch(line)]:
        raise Unpinned(f"expected a sha256 digest from gcloud, found {wrong[0]!r}", hint="Is gcloud signed in?")
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    from opos.cloud.gcloud import run

    Path(FILE).write_text(look_up(run))
