"""What `opos deploy` has built, put together here as Google's buildpack does it, and each function started from it alone.

Sources: GoogleCloudPlatform/buildpacks, cmd/python (functions_framework, pip) and pkg/python; buildpacks/lifecycle, archive.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from opos.cloud.packaging import BUILD_VARIABLES, Release, stage
from shared.adapters.local_bus.pump import Pump
from shared.events import DigestDue, Message, Tick
from shared.ports.topology import FUNCTIONS
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.version import VERSION
from tests.support.bundle import CONFIG, FLAGS, SECRETS
from tests.support.identity_provider import ACCOUNT, AUDIENCE, Provider, provider
from tests.support.project import ROOT
from tests.torture.senders import Delivery, post, signed, until

pytestmark = pytest.mark.slow

DATED = 315532801
"""1980-01-01 00:00:01: the lifecycle gives this date to every file of an image."""
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Image:
    release: Release
    programs: Path
    """What was installed: the folder of `python` and `functions-framework`."""

    def environment(self, **more: str) -> dict[str, str]:
        folder = self.release.folder
        return {"PATH": f"{self.programs}:/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder.parent), **more}

    def python(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.programs / "python"), *words]
        environment = self.environment(**more)
        return subprocess.run(
            command, cwd=self.release.folder, env=environment, capture_output=True, text=True, check=True
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    folder = tmp_path_factory.mktemp("image")
    release = staged(folder)
    compile_and_date(release.folder, BUILD_VARIABLES)
    return Image(release, installed(folder / "layer", release.folder / "requirements.txt"))


def staged(folder: Path) -> Release:
    files = {"config": folder / "mine.yaml", "flags": folder / "theirs.yaml"}
    files["config"].write_text(CONFIG)
    files["flags"].write_text(FLAGS)
    return stage(ROOT, folder / "workspace", "staging", **files)


def python() -> str:
    """Ours, unless another is named: the image has a newer one."""
    return os.environ.get("OPOS_IMAGE_PYTHON", sys.executable)


def installed(folder: Path, requirements: Path) -> Path:
    options = [
        "--upgrade",
        "--upgrade-strategy=only-if-needed",
        "--force-reinstall",
        "--no-compile",
        "--require-hashes",
    ]
    subprocess.run([python(), "-m", "venv", folder], check=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *options]
    subprocess.run([*pip, "--requirement", requirements], check=True)
    unchecked = ["-m", "compileall", "--invalidation-mode", "unchecked-hash", "-qq", folder / "lib"]
    subprocess.run([folder / "bin/python", *unchecked], check=False)  # some packages carry files that do not compile
    return folder / "bin"


def compile_and_date(folder: Path, variables: dict[str, str]) -> None:
    environment = {"PATH": os.environ["PATH"], **variables}
    subprocess.run([python(), "-m", "compileall", "-f", "-q", "."], cwd=folder, env=environment, check=True)
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (DATED, DATED))


@dataclass(frozen=True)
class Deployed:
    """The eight functions, each a process of its own on a port of its own."""

    ports: dict[str, int]
    logs: Path
    google: Provider
    runtime: Runtime

    def ask(
        self, function: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, str]:
        status, text = post(self.ports[function], body, headers or {}, path=path, method=method)
        return status, text.decode()

    def push(self, function: str, path: str, body: dict[str, Any]) -> int:
        headers = {**JSON, "authorization": f"Bearer {self.google.token(datetime.now(UTC))}"}
        return self.ask(function, path, json.dumps(body).encode(), headers, "POST")[0]

    def imported(self, function: str) -> str:
        """What Python said of each module that the process has imported."""
        return (self.logs / function).read_text(errors="replace")


@pytest.fixture(scope="module")
def deployed(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    logs = tmp_path_factory.mktemp("logs")
    with provider() as google:
        settings = environment(image, logs, google)
        ports = {function: free_port() for function in FUNCTIONS}
        with running(image, logs, {name: {**settings, "PORT": str(port)} for name, port in ports.items()}):
            found = Deployed(ports, logs, google, Runtime(Settings.from_environment(settings)))
            for port in ports.values():
                until(lambda port=port: answers(port), seconds=60, what="a function that answers")
            yield found
            found.runtime.close()


def environment(image: Image, folder: Path, google: Provider, target: str = "staging") -> dict[str, str]:
    """As deployed, but for the store and the bus; the bus of this machine is drained by the tests."""
    return image.environment(
        **SECRETS, HOST="127.0.0.1", K_SERVICE="a-function", OPOS_ENVIRONMENT=target, PYTHONVERBOSE="1",
        OPOS_STORE=f"sqlite:///{folder}/opos.db", OPOS_ALLOW_SQLITE="1", OPOS_BUS="local",
        OPOS_OIDC_KEYS_URL=google.url, OPOS_PUSH_AUDIENCE=AUDIENCE, OPOS_PUSH_ACCOUNT=ACCOUNT,
        OPOS_CONSOLE_AUDIENCE="https://console.example",
    )  # fmt: skip


@contextmanager
def running(image: Image, logs: Path, functions: dict[str, dict[str, str]]) -> Iterator[None]:
    """Each as the image starts it: `functions-framework`, which is told all else by its environment."""
    processes = []
    try:
        for name, settings in functions.items():
            target = {"FUNCTION_TARGET": name, "FUNCTION_SOURCE": f"functions/{name}/main.py"}
            with (logs / name).open("wb") as log:
                command = ["env", f"--chdir={image.release.folder}", str(image.programs / "functions-framework")]
                processes.append(start(command, environment={**settings, **target}, output=log))
        yield
    finally:
        for process in processes:
            end(process)


def answers(port: int) -> bool:
    try:
        return bool(post(port, b"", {}, path="/livez", method="GET")[0])
    except OSError:
        return False


def test_nothing_is_installed_but_what_is_locked(image: Image) -> None:
    listed = image.python("-m", "pip", "list", "--format=json", "--disable-pip-version-check").stdout
    found = {one["name"].lower().replace("_", "-") for one in json.loads(listed)}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert found - locked <= {"pip", "setuptools"}
    assert {"functions-framework", "google-cloud-firestore", "google-cloud-pubsub"} <= found
    assert "pytest" not in found
    assert "No broken requirements" in image.python("-m", "pip", "check").stdout


IMPORTING = """
import importlib, json, sys
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as fault:
        failed[name] = str(fault)
print(json.dumps(failed))
"""


def test_every_module_of_the_release_can_be_imported_with_what_is_installed(image: Image) -> None:
    names = [name.removesuffix(".py").replace("/", ".") for name in image.release.files if name.endswith(".py")]
    done = image.python("-c", IMPORTING, *(name.removesuffix(".__init__") for name in names))
    assert set(json.loads(done.stdout)) == {"shared.telemetry.otlp"}  # it needs the extra `otel`, which is not shipped


def test_an_alert_passes_through_every_function_of_the_image(deployed: Deployed) -> None:
    data = {"id": "d1", "title": "The disk is full", "severity": "critical", "status": "firing"}
    delivery = Delivery("msg_1", json.dumps({"type": "trouble", "data": data}).encode())
    status, text = deployed.ask("webhook_intake", "/webhooks/app", delivery.body, signed(delivery), "POST")
    assert (status, json.loads(text)["status"]) == (202, "accepted")
    assert Pump(deployed.runtime.local_bus, deployed.push).drain() == 2  # to the alert_router and the record_keeper
    token = deployed.google.token(datetime.now(UTC), aud="https://console.example", email="me@example.com")
    status, page = deployed.ask("console", "/", headers={"authorization": f"Bearer {token}"})
    assert status == 200
    assert "The disk is full" in page


@pytest.mark.parametrize(
    ("function", "message"), [("sweeper", Tick()), ("digest_sender", DigestDue(queue="digest", reason="size"))]
)
def test_a_push_is_handled(deployed: Deployed, function: str, message: Message) -> None:
    data = base64.b64encode(message.model_dump_json().encode()).decode()
    pushed = {"data": data, "messageId": "1", "publishTime": "2026-11-20T09:00:00Z"}
    path = f"/projects/demo/topics/{message.topic}"
    assert deployed.push(function, path, {"message": pushed, "subscription": "s"}) == 200


def test_health_says_that_it_lives_and_which_version_it_is(deployed: Deployed) -> None:
    assert deployed.ask("health", "/livez")[0] == 200
    status, text = deployed.ask("health", "/health")
    assert (status, json.loads(text)["version"]) == (200, VERSION)


def test_a_flag_is_looked_up_without_loading_what_checks_flags(deployed: Deployed) -> None:
    body = json.dumps({"context": {"targetingKey": "u1"}}).encode()
    status, text = deployed.ask("flag_evaluator", "/ofrep/v1/evaluate/flags/everyone", body, JSON, "POST")
    assert (status, json.loads(text)["value"]) == (200, True)
    assert loaded(deployed.imported("flag_evaluator"), "pydantic", "yaml") == set()


def test_flags_that_were_compiled_for_another_environment_are_checked_again(image: Image, tmp_path: Path) -> None:
    with provider() as google:
        port = free_port()
        settings = {**environment(image, tmp_path, google, "production"), "PORT": str(port)}
        with running(image, tmp_path, {"flag_evaluator": settings}):
            until(lambda: answers(port), seconds=60, what="the flag_evaluator")
            assert post(port, b"", {}, path="/flags/everyone", method="GET") == (200, b'{"everyone":true}')
    assert loaded((tmp_path / "flag_evaluator").read_text(), "pydantic", "yaml") == {"pydantic", "yaml"}


def loaded(log: str, *modules: str) -> set[str]:
    return {module for module in modules if f"import '{module}' #" in log}


def test_no_process_compiled_or_changed_a_file_of_the_image(image: Image, deployed: Deployed) -> None:
    for function in FUNCTIONS:
        compiled, taken = bytecode(deployed.imported(function), image.release.folder)
        assert compiled == []
        assert len(taken) > 20, f"{function} was not seen to import its modules"
    folder = image.release.folder
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {name for name in there if "__pycache__" not in name} == set(image.release.files)
    assert {path.stat().st_mtime for path in there.values()} == {DATED}


@pytest.mark.parametrize(("dropped", "stale"), [("", False), ("SOURCE_DATE_EPOCH", True)])
def test_what_the_build_has_compiled_is_stale_unless_the_compiler_is_told_a_date(
    image: Image, tmp_path: Path, dropped: str, *, stale: bool
) -> None:
    made = replace(image, release=staged(tmp_path))
    compile_and_date(made.release.folder, {name: BUILD_VARIABLES[name] for name in BUILD_VARIABLES if name != dropped})
    said = made.python("-B", "-v", "-c", "import functions.webhook_intake.main").stderr
    compiled, taken = bytecode(said, made.release.folder)
    assert (bool(compiled), bool(taken)) == (stale, not stale)


def bytecode(log: str, folder: Path) -> tuple[list[str], list[str]]:
    """Of the modules in *folder* those that Python had to compile, and those that it took as they were compiled."""
    found = re.findall(rf"# code object from '?{re.escape(str(folder))}/(\S+?)'?$", log, re.MULTILINE)
    return [name for name in found if name.endswith(".py")], [name for name in found if name.endswith(".pyc")]
