"""The image: whether there is one, and one made of a folder."""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from tests.support.recording_gcloud.arguments import Call
from tests.support.recording_gcloud.refusals import BUILD_ENDED, NO_FILE, NO_IMAGE, Refused
from tests.support.recording_gcloud.state import State

_SKIPPED = {".git", ".venv", ".cache", "node_modules", "__pycache__"}


def describe(call: Call, state: State) -> Any:
    image = call.given[0]
    if (digest := state["images"].get(image)) is None:
        raise Refused(NO_IMAGE)
    registry, _, repository = image.partition("/")
    summary = {
        "digest": digest, "fully_qualified_digest": f"{_bare(image)}@{digest}", "registry": registry,
        "repository": repository.split("/")[1],
    }  # fmt: skip
    return {"image_summary": summary}


def submit(call: Call, state: State) -> Any:
    """Each image that the file of the build names, with a digest of what is in the folder."""
    folder, file = call.given[0], call.needs("config")
    if not os.path.exists(file):  # noqa: PTH110
        raise Refused(NO_FILE.format(file))
    number = f"build-{len(state['builds']) + 1}"
    names = list(_named(_read(file), call.pairs("substitutions")))
    built = not any(one in " ".join(names) for one in state["unbuildable"])
    build = {"id": number, "images": names, "status": "SUCCESS" if built else "FAILURE", "folder": folder}
    state["builds"].append(build)
    if not built:
        raise Refused(BUILD_ENDED.format(number, "FAILURE"))
    for name in names:
        keep(state, name, digest_of(folder))
    sys.stderr.write(f"Created [{number}].\n")
    return build


def keep(state: State, image: str, digest: str) -> None:
    """By its tag, and by its digest for good."""
    state["images"][image] = state["images"][f"{_bare(image)}@{digest}"] = digest


def digest_of(folder: str) -> str:
    import hashlib  # 4 ms, which only a build pays

    found = hashlib.sha256()
    for path in _files(folder):
        found.update(os.path.relpath(path, folder).encode() + b"\0")
        with open(path, "rb") as file:  # noqa: PTH123
            found.update(file.read())
    return f"sha256:{found.hexdigest()}"


def _files(folder: str) -> Iterator[str]:
    if os.path.isfile(folder):  # noqa: PTH113  (an archive)
        yield folder
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _SKIPPED)
        yield from (os.path.join(parent, name) for name in sorted(names))  # noqa: PTH118


def _bare(image: str) -> str:
    """Without tag and digest."""
    path = image.partition("@")[0]
    head, _, tail = path.rpartition("/")
    return f"{head}/{tail.partition(':')[0]}"


def _read(file: str) -> str:
    with open(file) as found:  # noqa: PTH123
        return found.read()


def _named(text: str, substitutions: dict[str, str]) -> Iterator[str]:
    """The names below `images:`; a YAML parser is not in the standard library, and JSON is YAML too."""
    for name in json.loads(text)["images"] if text.lstrip().startswith("{") else _listed(text):
        for key, value in substitutions.items():
            name = name.replace("${%s}" % key, value).replace(f"${key}", value)  # noqa: PLW2901, UP031
        yield name


def _listed(text: str) -> list[str]:
    _, _, below = ("\n" + text).partition("\nimages:")
    first, *lines = below.split("\n")
    if first.strip().startswith("["):
        return [one.strip(" '\"") for one in first.strip(" []").split(",")]
    return [line.strip(" -'\"") for line in lines if line.strip().startswith("- ")]
