"""A release and its build as the installed gcloud reads them: what it uploads, and what it would submit."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from opos.cloud.declared import BUILDER, account
from opos.cloud.image_digests import BUILDER as PACKED_BY
from opos.cloud.packaging import BUILD_VARIABLES, Release, build_config, image, stage
from tests.support import requirements as needs
from tests.support.project import ROOT

pytestmark = needs.gcloud
PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Of this project as it is."""
    return stage(ROOT, tmp_path_factory.mktemp("stage"), "staging")


def test_gcloud_uploads_the_whole_release_and_nothing_else(release: Release) -> None:
    command = ["gcloud", "meta", "list-files-for-upload", str(release.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == sorted(release.files)


GCLOUDS_OWN = """
import sys
from googlecloudsdk.api_lib.cloudbuild import cloudbuild_util, config
from googlecloudsdk.command_lib.builds import submit_util
file, *packed = sys.argv[1:]
messages = cloudbuild_util.GetMessagesModule()
found = config.LoadCloudbuildConfigFromPath(file, messages)
print(len(found.steps), "steps")
if packed:
    pack = {"image": packed[0], "builder": packed[1], "envs": packed[2:]}
    made = submit_util._SetBuildSteps(None, False, messages, None, None, False, ".", None, [pack], None)
    print((found.steps, found.images) == (made.steps, made.images))
"""


def as_gcloud_reads(file: Path, *packed: str) -> list[str]:
    """What gcloud's own code says of the build in *file*, the last line first; and whether it is what
    `gcloud builds submit --pack` makes of an image, a builder and variables.
    """
    library = Path(str(shutil.which("gcloud"))).resolve().parent.parent / "lib"
    environment = {**os.environ, "PYTHONPATH": f"{library}:{library / 'third_party'}"}
    command = [sys.executable, "-c", GCLOUDS_OWN, file, *packed]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()[::-1]


def test_the_build_is_the_one_that_gcloud_would_submit(release: Release, tmp_path: Path) -> None:
    name = image(release, project="my-company", region="europe-west1")
    (tmp_path / "build.json").write_text(json.dumps(build_config(name, account(BUILDER, "my-company"), {})))
    variables = [f"{variable}={value}" for variable, value in BUILD_VARIABLES.items()]
    assert as_gcloud_reads(tmp_path / "build.json", name, PACKED_BY, *variables) == ["True", "1 steps"]
    assert as_gcloud_reads(tmp_path / "build.json", name, PACKED_BY) == ["False", "1 steps"]


def test_gcloud_knows_every_word_of_the_pipeline(tmp_path: Path) -> None:
    assert as_gcloud_reads(ROOT / "cloudbuild.yaml") == ["1 steps"]
    assert as_gcloud_reads(ROOT / "cloudbuild.deploy.yaml") == ["2 steps"]
    (tmp_path / "wrong.json").write_text(json.dumps({**PIPELINE, "stepz": []}))
    assert as_gcloud_reads(tmp_path / "wrong.json")[0].endswith(".stepz: unused")
