"""`opos deploy` as it is called: a process, a gcloud on PATH, Firestore and Pub/Sub emulated, and behind each address the
function that was deployed there, in a process of its own.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opos.bundle.pubsub_setup import wire
from opos.cloud import declared
from shared.adapters.firestore.store import connect
from shared.config.files.loader import load_config
from shared.deployments import Deployment, latest
from shared.ports import Store
from tests.support import emulators
from tests.support import requirements as needs
from tests.support.deploy_target import CONFIG, FLAGS, KEY, ROOT
from tests.support.identity_provider import Provider, provider
from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.recording_gcloud.front import Front
from tests.support.recording_gcloud.processes import Processes

pytestmark = [needs.emulators, pytest.mark.slow]
FAST = CONFIG.replace("bake: 30s", "bake: 1s").replace("patience: 10s", "patience: 30s")


@dataclass
class Cloud:
    folder: Path
    recorded: RecordedCloud
    store: Store
    environment: Mapping[str, str]

    def opos(self, *words: str) -> subprocess.Popen[str]:
        files = ["--config", str(self.folder / "opos.yaml"), "--flags", str(self.folder / "flags.yaml")]
        return subprocess.Popen(
            [sys.executable, "-m", "opos", *words, *files], cwd=ROOT, env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def deploy(self, *words: str) -> tuple[int, str]:
        process = self.opos("deploy", "--target", "staging", "--dirty", "--untested", *words)
        said, _ = process.communicate(timeout=300)
        return process.returncode, said

    def change(self) -> None:
        (self.folder / "flags.yaml").write_text(f"{FLAGS}# changed {time.time()}\n")

    @property
    def last(self) -> Deployment:
        return latest(self.store)[0]

    def runs(self, number: int) -> bool:
        splits = {name: self.recorded.traffic(name) for name in self.recorded.services}
        return all(
            [revision.startswith(f"{name}-d{number}-") and percent == 100 for revision, percent in split.items()] == [True]
            for name, split in splits.items()
        )  # fmt: skip


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with provider() as identities, ExitStack() as stack:
        yield stack.enter_context(_cloud(tmp_path, identities))


@contextmanager
def _cloud(folder: Path, identities: Provider) -> Iterator[Cloud]:
    project, google = emulators.new_project(), dict(emulators.running().environment)
    (folder / "opos.yaml").write_text(FAST.replace("my-company-staging", project))
    (folder / "flags.yaml").write_text(FLAGS)
    recorded = RecordedCloud(folder / "cloud", load_config(folder / "opos.yaml"), project)
    recorded.change(lambda state: [state["secrets"][name]["versions"][0].update(value=KEY) for name in _KEYS])
    for account in (declared.PUSHER, declared.DEPLOYER):
        recorded.sign_tokens(lambda claims: identities.token(datetime.now(UTC), **claims), account)
    google["GOOGLE_CLOUD_PROJECT"] = project
    functions = {
        **google, "OPOS_OIDC_KEYS_URL": identities.url, "OPOS_CONFIG": str(folder / "opos.yaml"),
        "OPOS_FLAGS": str(folder / "flags.yaml"),
    }  # fmt: skip
    with Processes(recorded, functions) as answer, Front(recorded, answer) as front:
        wire(
            project,
            lambda function: f"{front.url}/{declared.service(function)}",
            emulator=google["PUBSUB_EMULATOR_HOST"],
        )
        store = connect(project, "(default)", google["FIRESTORE_EMULATOR_HOST"])
        yield Cloud(folder, recorded, store, {**google, **recorded.environment})


_KEYS = ("SHOP_SECRET", "OPOS_SMOKE_SECRET")


def test_it_is_planned_deployed_refused_killed_and_rolled_back(cloud: Cloud) -> None:
    status, said = cloud.deploy("--dry-run")
    assert (status, "Nothing was changed." in said) == (0, True), said
    assert not any(call["mutates"] for call in cloud.recorded.calls)

    status, said = cloud.deploy()
    assert status == 0, said
    assert cloud.runs(1)

    cloud.change()
    cloud.recorded.break_revisions("sweeper-d2")
    status, said = cloud.deploy()
    assert (status, cloud.last.phase) == (1, "rolled_back"), said
    assert cloud.runs(1)
    cloud.recorded.mend()

    cloud.recorded.kill(matching="update-traffic", after=True)
    status, said = cloud.deploy()
    assert status == -signal.SIGKILL, said
    assert (cloud.last.number, cloud.last.phase) == (3, "shift")

    rolled = cloud.opos("rollback")
    said, _ = rolled.communicate(timeout=120)
    assert (rolled.returncode, cloud.last.phase) == (0, "rolled_back"), said
    assert cloud.runs(1)
    listed, _ = cloud.opos("deployments").communicate(timeout=300)
    assert [line.split()[2] for line in listed.splitlines()] == ["3", "2", "1"]
