"""The recording gcloud and its front do what the deployer's tests lean on; beside the real one it stands in
tests/integration/test_recording_gcloud_parity.py.
"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opos.cloud import declared
from shared.config.files.loader import load_config
from shared.ports.topology import FUNCTIONS
from tests.support.identity_provider import Provider
from tests.support.project import ROOT
from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.recording_gcloud.front import REMOVED, Front, Request, Response
from tests.support.recording_gcloud.processes import Processes

CONFIG = load_config(ROOT / "opos.yaml")
IMAGE = "europe-west1-docker.pkg.dev/my-company-staging/opos/opos:a"
PLACE = ["--project=my-company-staging", "--region=europe-west1", "--format=json"]
DEPLOY = ["run", "deploy", "health", f"--image={IMAGE}", "--no-traffic", "--tag=next", *PLACE]
MOVE = ["run", "services", "update-traffic", "health", *PLACE]
OLD = "health-00001-rec"
CALLER = """
import subprocess, sys, time
subprocess.run(sys.argv[1:])
print("lived on", flush=True)
"""


@pytest.fixture
def cloud(tmp_path: Path) -> RecordedCloud:
    made = RecordedCloud(tmp_path / "cloud", CONFIG)
    made.add_image(IMAGE, f"sha256:{'a' * 64}")
    return made


def run(cloud: RecordedCloud, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **cloud.environment}
    return subprocess.run(["gcloud", *words], env=environment, input=given, capture_output=True, text=True, check=False)


def call(cloud: RecordedCloud, *words: str, given: str = "") -> Any:
    done = run(cloud, *words, given=given)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_cloud_is_as_declared(cloud: RecordedCloud) -> None:
    apis = call(cloud, "services", "list", "--enabled", *PLACE[:1], "--format=json")
    assert set(declared.APIS) <= {one["config"]["name"] for one in apis}
    services = call(cloud, "run", "services", "list", *PLACE)
    assert {one["metadata"]["name"] for one in services} == {declared.service(function) for function in FUNCTIONS}
    assert all(one["status"]["traffic"][0]["latestRevision"] for one in services)
    for name in declared.all_secrets(CONFIG):
        found = call(cloud, "secrets", "versions", "describe", "latest", f"--secret={name}", PLACE[0], "--format=json")
        assert found["state"] == "ENABLED"


def test_a_dark_deploy_leaves_the_traffic_where_it_is(cloud: RecordedCloud) -> None:
    call(cloud, *DEPLOY, "--revision-suffix=d1-abc")
    assert (cloud.traffic("health"), cloud.tags("health")) == ({OLD: 100}, {"next": "health-d1-abc"})
    assert list(cloud.revisions("health")) == [OLD, "health-d1-abc"]
    shown = call(cloud, "run", "services", "describe", "health", *PLACE)["status"]
    assert shown["latestReadyRevisionName"] == "health-d1-abc"
    assert [one["url"] for one in shown["traffic"] if one.get("tag")] == [shown["url"].replace("//", "//next---")]


def test_a_deploy_that_is_repeated_changes_nothing_and_a_name_is_taken_once(cloud: RecordedCloud) -> None:
    for _ in range(2):
        call(cloud, *DEPLOY, "--revision-suffix=d1-abc")
    other = run(cloud, *DEPLOY, "--revision-suffix=d1-abc", "--memory=1Gi")
    assert other.returncode == 1
    assert "Revision named 'health-d1-abc' with different configuration already exists" in other.stderr
    assert len(cloud.revisions("health")) == 2


def test_a_revision_that_does_not_start_takes_nothing(cloud: RecordedCloud) -> None:
    cloud.break_revisions("OPOS_ENVIRONMENT=nowhere")
    failed = run(cloud, *DEPLOY, "--revision-suffix=d1-abc", "--set-env-vars=OPOS_ENVIRONMENT=nowhere")
    assert failed.returncode == 1
    assert "ERROR: (gcloud.run.deploy) Revision 'health-d1-abc' is not ready and cannot serve traffic." in failed.stderr
    status = cloud.services["health"]["status"]
    assert (status["latestCreatedRevisionName"], status["latestReadyRevisionName"]) == ("health-d1-abc", OLD)
    moved = run(cloud, *MOVE, "--to-revisions=health-d1-abc=10")
    assert (moved.returncode, cloud.traffic("health"), cloud.tags("health")) == (1, {OLD: 100}, {})
    call(cloud, *MOVE, f"--to-revisions={OLD}=100", "--remove-tags=next")


def test_a_grudging_cloud_routes_and_yet_complains(cloud: RecordedCloud) -> None:
    call(cloud, *DEPLOY, "--revision-suffix=d1-abc")
    cloud.break_revisions("d2-abc")
    assert run(cloud, *DEPLOY, "--revision-suffix=d2-abc").returncode == 1
    cloud.be_grudging()
    moved = run(cloud, *MOVE, "--to-revisions=health-d1-abc=100", "--remove-tags=next")
    assert (moved.returncode, cloud.traffic("health")) == (1, {"health-d1-abc": 100})


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        (lambda c: c.disable_api("run.googleapis.com"), ["run", "services", "list"], "has not been used in project"),
        (lambda c: c.deny("run.services.update"), DEPLOY[:-3], "Permission 'run.services.update' denied on resource"),
        (lambda c: c.sign_out(), ["run", "services", "list"], "You do not currently have an active account selected."),
        (lambda c: c.drop_service("health"), ["run", "services", "describe", "health"], "Cannot find service [health]"),
        (lambda c: c.drop_secret("GITHUB_WEBHOOK_SECRET"),
         ["run", "deploy", "health", f"--image={IMAGE}", "--set-secrets=A=GITHUB_WEBHOOK_SECRET:latest"], "was not found"),
        (lambda c: c.revoke("secrets/GITHUB_WEBHOOK_SECRET", declared.SECRET_ROLE),
         ["run", "deploy", "webhook-intake", f"--image={IMAGE}", "--set-secrets=A=GITHUB_WEBHOOK_SECRET:latest"],
         "Permission denied on secret: projects/123456789012/secrets/GITHUB_WEBHOOK_SECRET/versions/latest"),
        (lambda _: None, ["run", "deploy", "health", "--image=none"], "Image 'none' not found."),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(change: Any, words: list[str], said: str, cloud: RecordedCloud) -> None:
    change(cloud)
    refused = run(cloud, *words, *PLACE)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert cloud.calls[-1]["exit"] == 1


def test_a_secret_gets_a_version_and_loses_one(cloud: RecordedCloud) -> None:
    name = "GITHUB_WEBHOOK_SECRET"
    added = call(cloud, "secrets", "versions", "add", name, "--data-file=-", PLACE[0], PLACE[2], given="new")
    assert added["name"].endswith("/versions/2")
    assert run(cloud, "secrets", "versions", "access", "latest", f"--secret={name}", PLACE[0]).stdout == "new"
    call(cloud, "secrets", "versions", "disable", "2", f"--secret={name}", PLACE[0], PLACE[2])
    gone = run(cloud, "secrets", "versions", "access", "latest", f"--secret={name}", PLACE[0])
    assert (gone.returncode, "is in DISABLED state" in gone.stderr) == (1, True)
    listed = call(cloud, "secrets", "versions", "list", name, PLACE[0], PLACE[2])
    assert [one["state"] for one in listed] == ["DISABLED", "ENABLED"]


@pytest.mark.parametrize(
    "text", ["images:\n  - {image}\noptions: {{}}\n", '{{"images": ["{image}"]}}', "images: ['{image}']"]
)
def test_a_build_makes_the_image_of_what_is_in_the_folder(text: str, cloud: RecordedCloud, tmp_path: Path) -> None:
    source, file, image = tmp_path / "source", tmp_path / "build.yaml", IMAGE.replace(":a", ":${_TAG}")
    source.mkdir()
    (source / "main.py").write_text("1")
    file.write_text(text.format(image=image))
    submit = ["builds", "submit", str(source), f"--config={file}", "--region=europe-west1", PLACE[0], PLACE[2]]
    for tag in ("b", "c"):
        assert call(cloud, *submit, f"--substitutions=_TAG={tag}")["status"] == "SUCCESS"
    (source / "main.py").write_text("2")
    call(cloud, *submit, "--substitutions=_TAG=d")
    same, again, other = (cloud.images[IMAGE.replace(":a", f":{tag}")] for tag in "bcd")
    assert same == again != other
    found = call(cloud, "artifacts", "docker", "images", "describe", IMAGE.replace(":a", ":b"), PLACE[0], PLACE[2])
    assert found["image_summary"]["fully_qualified_digest"] == f"{IMAGE.removesuffix(':a')}@{same}"


def test_a_build_fails_when_told(cloud: RecordedCloud, tmp_path: Path) -> None:
    (tmp_path / "build.yaml").write_text(f"images: [{IMAGE}]")
    cloud.break_builds()
    failed = run(cloud, "builds", "submit", str(tmp_path), f"--config={tmp_path}/build.yaml", PLACE[0])
    assert failed.returncode == 1
    assert 'completed with status "FAILURE"' in failed.stderr


@pytest.mark.parametrize(("after", "traffic"), [(False, {OLD: 100}), (True, {OLD: 90, "health-d1": 10})])
def test_a_call_fails_before_or_after_its_effect(after: bool, traffic: dict[str, int], cloud: RecordedCloud) -> None:  # noqa: FBT001
    cloud.fail(2, after=after, text="UNAVAILABLE: busy")
    call(cloud, *DEPLOY, "--revision-suffix=d1")
    call(cloud, "run", "services", "describe", "health", *PLACE)  # not counted
    failed = run(cloud, *MOVE, "--to-revisions=health-d1=10")
    assert (failed.returncode, failed.stderr) == (1, "ERROR: (gcloud.run.services.update-traffic) UNAVAILABLE: busy\n")
    assert cloud.traffic("health") == traffic
    assert [one["effect"] for one in cloud.calls if one["mutates"]] == [True, after]
    call(cloud, *MOVE, "--to-revisions=health-d1=10")  # once


def test_a_failure_may_be_meant_for_a_line_and_for_always(cloud: RecordedCloud) -> None:
    cloud.fail(matching="services describe health", always=True)
    for _ in range(2):
        assert run(cloud, "run", "services", "describe", "health", *PLACE).returncode == 1
    call(cloud, "run", "services", "describe", "console", *PLACE)
    cloud.mend()
    call(cloud, "run", "services", "describe", "health", *PLACE)


def test_a_call_that_hangs_holds_up_no_other(cloud: RecordedCloud) -> None:
    cloud.hang(1, seconds=2.0)
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(call, cloud, *DEPLOY, "--revision-suffix=d1")
        while cloud.mutations == 0:
            time.sleep(0.01)
        call(cloud, "run", "services", "describe", "health", *PLACE)
        assert not slow.done()
    assert time.monotonic() - began >= 2
    assert "health-d1" in cloud.revisions("health")


@pytest.mark.parametrize("through_a_shell", [False, True])
@pytest.mark.parametrize(("after", "made"), [(False, False), (True, True)])
def test_the_caller_is_killed(after: bool, made: bool, through_a_shell: bool, cloud: RecordedCloud) -> None:  # noqa: FBT001
    cloud.kill(1, after=after)
    line = ["gcloud", *DEPLOY, "--revision-suffix=d1"]
    asked = ["sh", "-c", f"{' '.join(line)}; true"] if through_a_shell else line
    died = subprocess.run(
        [sys.executable, "-c", CALLER, *asked],
        env={**os.environ, **cloud.environment},
        capture_output=True,
        check=False,
    )
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, b"")
    assert ("health-d1" in cloud.revisions("health")) is made


def test_what_a_killed_caller_asked_for_may_come_late(cloud: RecordedCloud) -> None:
    cloud.kill(1, late=1.0)
    caller = [sys.executable, "-c", CALLER, "gcloud", *DEPLOY, "--revision-suffix=d1"]
    with subprocess.Popen(caller, env={**os.environ, **cloud.environment}, stdout=subprocess.DEVNULL) as died:
        assert died.wait() == -signal.SIGKILL
    assert "health-d1" not in cloud.revisions("health")
    until = time.monotonic() + 60
    while "health-d1" not in cloud.revisions("health") and time.monotonic() < until:
        time.sleep(0.05)
    assert "health-d1" in cloud.revisions("health")


def test_the_test_itself_is_never_killed(cloud: RecordedCloud) -> None:
    cloud.kill(1)
    refused = run(cloud, *DEPLOY, "--revision-suffix=d1")
    assert (refused.returncode, "which is the test itself" in refused.stderr) == (1, True)


def test_calls_at_the_same_time_lose_nothing(cloud: RecordedCloud) -> None:
    def deploy(number: int) -> None:
        call(cloud, *DEPLOY, f"--revision-suffix=d{number}")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(deploy, range(20)))
    assert set(cloud.revisions("health")) == {OLD, *(f"health-d{number}" for number in range(20))}
    assert sorted(one["number"] for one in cloud.calls) == list(range(1, 21))
    assert cloud.traffic("health") == {OLD: 100}


@pytest.mark.slow
def test_a_call_costs_little_more_than_a_start_of_python(cloud: RecordedCloud) -> None:
    """In processor time, and beside a bare start: what either takes depends on who else is working."""
    bare = _cost(["python3", "-S", "-E", "-c", "import json"], cloud)
    assert _cost(["gcloud", "run", "services", "describe", "health", *PLACE], cloud) < 4 * bare


def _cost(command: list[str], cloud: RecordedCloud) -> float:
    before = os.times()
    for _ in range(10):
        subprocess.run(command, env={**os.environ, **cloud.environment}, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def ask(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers or {})), timeout=60) as answered:
            return answered.status, answered.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def name_of(revision: str, request: Request) -> Response:
    return 200, {"content-type": "text/plain"}, f"{revision} {request.path}".encode()


def token(cloud: RecordedCloud, audience: str, account: str = declared.DEPLOYER) -> dict[str, str]:
    email = declared.account(account, cloud.project)
    words = ["auth", "print-identity-token", f"--impersonate-service-account={email}", f"--audiences={audience}"]
    return {"Authorization": f"Bearer {run(cloud, *words, '--include-email').stdout.strip()}"}


@pytest.mark.slow
def test_the_front_splits_the_traffic_as_told(cloud: RecordedCloud) -> None:
    make = ["run", "deploy", "flag-evaluator", *DEPLOY[3:], "--revision-suffix=d1"]
    call(cloud, *make)
    call(cloud, *MOVE[:3], "flag-evaluator", "--to-revisions=flag-evaluator-d1=30", *PLACE)
    with Front(cloud, name_of) as front, ThreadPoolExecutor(8) as pool:
        url = call(cloud, "run", "services", "describe", "flag-evaluator", *PLACE)["status"]["url"]
        assert url == f"{front.url}/flag-evaluator"
        answers = Counter(body.decode() for _, body in pool.map(ask, [f"{url}/flags?a=b"] * 1000))
    assert set(answers) == {"flag-evaluator-d1 /flags?a=b", "flag-evaluator-00001-rec /flags?a=b"}
    assert 240 < answers["flag-evaluator-d1 /flags?a=b"] < 360
    assert len(front.served) == 1000


def test_the_front_knows_tags_and_who_may_call(cloud: RecordedCloud) -> None:
    call(cloud, *DEPLOY, "--revision-suffix=d1")
    with Front(cloud, name_of) as front:
        tagged = next(
            one["url"] for one in call(cloud, "run", "services", "describe", "health", *PLACE)["status"]["traffic"]
            if one.get("tag")
        )  # fmt: skip
        good = token(cloud, declared.audience("health"))
        assert ask(f"{tagged}/livez", good) == (200, b"health-d1 /livez")
        assert ask(f"{front.url}/health/livez", good) == (200, f"{OLD} /livez".encode())
        assert ask(f"{front.url}/health/livez", token(cloud, f"{front.url}/health"))[0] == 200
        assert ask(f"{front.url}/old---health/livez", good)[0] == 404
        assert ask(f"{front.url}/nowhere/livez", good)[0] == 404
        assert ask(f"{tagged}/livez")[0] == 403
        assert ask(f"{tagged}/livez", token(cloud, declared.audience("health"), declared.PUSHER))[0] == 403
        assert ask(f"{tagged}/livez", token(cloud, "something else"))[0] == 401
        assert ask(f"{tagged}/livez", {"Authorization": "Bearer nonsense"})[0] == 401


def test_a_function_behind_the_check_sees_no_signature(cloud: RecordedCloud) -> None:
    seen: list[Mapping[str, str]] = []

    def answer(revision: str, request: Request) -> Response:
        seen.append(request.headers)
        return name_of(revision, request)

    with Front(cloud, answer) as front:
        sent = token(cloud, declared.audience("health"))
        ask(f"{front.url}/health/livez", sent)
        ask(f"{front.url}/flag-evaluator/flags", {"Authorization": "Bearer a.b.c"})
    assert [one["authorization"] for one in seen] == [
        f"{sent['Authorization'].rpartition('.')[0]}.{REMOVED}", "Bearer a.b.c",
    ]  # fmt: skip


def test_tokens_may_be_signed_by_the_test(cloud: RecordedCloud) -> None:
    provider = Provider()
    provider.new_key("k1")
    cloud.sign_tokens(lambda claims: provider.token(datetime.now(UTC), **claims))
    header = token(cloud, declared.audience("health"))["Authorization"]
    assert json.loads(_decoded(header.split(".")[0].removeprefix("Bearer ")))["kid"] == "k1"
    with Front(cloud, name_of) as front:
        assert ask(f"{front.url}/health/livez", {"Authorization": header})[0] == 200


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_real_function_answers_with_what_was_recorded_for_it(cloud: RecordedCloud, tmp_path: Path) -> None:
    settings = {
        "FUNCTION_TARGET": "health", "FUNCTION_SOURCE": "functions/health/main.py", "PYTHONPATH": "/workspace",
        "OPOS_STORE": f"sqlite:///{tmp_path}/opos.db", "OPOS_BUS": "local",
    }  # fmt: skip
    call(
        cloud, *DEPLOY, "--revision-suffix=d1", "--set-env-vars=^@^" + "@".join(f"{k}={v}" for k, v in settings.items())
    )
    with Processes(cloud) as answer, Front(cloud, answer) as front:
        status, body = ask(f"{front.url}/next---health/livez", token(cloud, declared.audience("health")))
        ports = answer.ports.values()
        assert (status, len(ports)) == (200, 1), body
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", next(iter(ports)))):
        pass
