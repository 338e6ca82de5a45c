"""Who may call what, when it is deployed: functions under functions-framework, as the platform runs them."""

import base64
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from functions_framework import create_app

from opos.bundle.gateway import function_source
from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from shared.events import DigestDue, EventAccepted, Message, Tick
from shared.runtime import container as runtime
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.services.console.sessions import begin
from tests.support.bundle import CONFIG, FLAGS, SECRETS
from tests.support.console import link_path
from tests.support.fakes import FakeClock
from tests.support.identity_provider import ACCOUNT, AUDIENCE, IAP, Provider, provider
from tests.support.project import ROOT
from tests.torture.senders import post, until

NOW = FakeClock().moment
PUSHED: dict[str, Message] = {
    "alert_router": EventAccepted(
        id="e1", version="1", source="app", type="t", received_at=NOW, trace="0" * 32, signals=()
    ),
    "digest_sender": DigestDue(queue="digest", reason="size"),
    "sweeper": Tick(),
}


@pytest.fixture
def google() -> Iterator[Provider]:
    with provider() as found:
        yield found


def environment(folder: Path, google: Provider) -> dict[str, str]:
    (folder / "opos.yaml").write_text(CONFIG)
    (folder / "flags.yaml").write_text(FLAGS)
    return {
        **SECRETS, "K_SERVICE": "a-function", "OPOS_ALLOW_SQLITE": "1", "OPOS_STORE": f"sqlite:///{folder}/opos.db",
        "OPOS_CONFIG": str(folder / "opos.yaml"), "OPOS_FLAGS": str(folder / "flags.yaml"),
        "OPOS_OIDC_KEYS_URL": google.url, "OPOS_IAP_KEYS_URL": google.url,
        "OPOS_PUSH_AUDIENCE": AUDIENCE, "OPOS_PUSH_ACCOUNT": f"scheduler@x.example, {ACCOUNT}",
        "OPOS_CONSOLE_AUDIENCE": "https://console.example", "OPOS_IAP_AUDIENCE": "/projects/1/console",
    }  # fmt: skip


@dataclass
class Deployed:
    runtime: Runtime

    def client(self, function: str) -> FlaskClient:
        app = create_app(function, str(function_source(function)))  # type: ignore[no-untyped-call]
        client: FlaskClient = app.test_client()
        return client

    def push(self, function: str, authorization: str | None) -> tuple[int, str]:
        headers = {"authorization": authorization} if authorization else {}
        answer = self.client(function).post(push_path(function), json=push_body(function), headers=headers)
        return answer.status_code, answer.text


def push_path(function: str) -> str:
    return f"/projects/demo/topics/{PUSHED[function].topic}"


def push_body(function: str) -> dict[str, object]:
    data = base64.b64encode(PUSHED[function].model_dump_json().encode()).decode()
    return {"message": {"data": data, "messageId": "1", "publishTime": "2026-11-20T09:00:00Z"}, "subscription": "s"}


@pytest.fixture
def deployed(tmp_path: Path, google: Provider) -> Iterator[Deployed]:
    found = Runtime(Settings.from_environment(environment(tmp_path, google)), clock=FakeClock())
    runtime.use(found)
    yield Deployed(found)
    found.close()
    runtime.use(None)


@pytest.mark.parametrize("function", ["digest_sender", "sweeper"])
def test_a_push_of_our_service_account_is_handled(deployed: Deployed, google: Provider, function: str) -> None:
    assert deployed.push(function, f"Bearer {google.token(NOW)}")[0] == 200


@pytest.mark.parametrize("function", list(PUSHED))
def test_any_other_push_is_refused_with_one_answer_and_changes_nothing(
    deployed: Deployed, google: Provider, function: str
) -> None:
    stranger = google.token(NOW, email="stranger@demo.iam.gserviceaccount.com")
    tokens = [google.token(NOW, aud="https://other.example"), stranger, "garbage", ""]
    answers = {deployed.push(function, value) for value in (None, "Basic eDp5", *(f"Bearer {one}" for one in tokens))}
    ((status, text),) = answers
    assert (status, json.loads(text)["error"]["code"]) == (401, "unauthorized")
    assert "store" not in deployed.runtime.__dict__, "a refused push touches nothing"


def test_behind_cloud_runs_check_a_token_without_signature_is_believed_unless_another_one_was_checked(
    tmp_path: Path, google: Provider
) -> None:
    settings = {**environment(tmp_path, google), "OPOS_CALLERS_CHECKED": "cloud-run"}
    behind = Deployed(Runtime(Settings.from_environment(settings), clock=FakeClock()))
    runtime.use(behind.runtime)
    unsigned = f"Bearer {google.token(NOW).rpartition('.')[0]}.SIGNATURE_REMOVED_BY_GOOGLE"
    assert behind.push("sweeper", unsigned)[0] < 300
    forged = {"authorization": unsigned, "x-serverless-authorization": "Bearer somebody's"}
    answer = behind.client("sweeper").post(push_path("sweeper"), json=push_body("sweeper"), headers=forged)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="opos"')
    for text in (f"{unsigned}\xa0", f"{unsigned}\x85", unsigned.replace(" ", " \xa0")):
        headers = {**forged, "authorization": text}
        answer = behind.client("sweeper").post(push_path("sweeper"), json=push_body("sweeper"), headers=headers)
        assert answer.status_code == 401
    signed = {**forged, "authorization": f"Bearer {google.token(NOW)}"}
    answer = behind.client("sweeper").post(push_path("sweeper"), json=push_body("sweeper"), headers=signed)
    assert answer.status_code < 300
    behind.runtime.close()
    runtime.use(None)


def test_a_push_nobody_can_verify_comes_again(deployed: Deployed, google: Provider) -> None:
    google.up = False
    status, _ = deployed.push("sweeper", f"Bearer {google.token(NOW)}")
    assert status == 503


@pytest.mark.parametrize("missing", ["OPOS_PUSH_AUDIENCE", "OPOS_PUSH_ACCOUNT"])
def test_without_the_settings_that_say_who_may_push_nobody_may(tmp_path: Path, google: Provider, missing: str) -> None:
    names = {name: value for name, value in environment(tmp_path, google).items() if name != missing}
    runtime.use(Runtime(Settings.from_environment(names), clock=FakeClock()))
    status, _ = Deployed(runtime.current()).push("sweeper", f"Bearer {google.token(NOW)}")
    runtime.use(None)
    assert status == 401


def test_intake_and_flags_are_public(deployed: Deployed) -> None:
    assert deployed.client("webhook_intake").post("/webhooks/github", json={}).json["error"]["code"] == "unauthorized"
    assert deployed.client("webhook_intake").post("/webhooks/ping/backup").status_code == 200
    assert deployed.client("flag_evaluator").get("/flags/everyone").json == {"everyone": True}


def identity(google: Provider, email: str) -> list[dict[str, str]]:
    google.keys.get("e1") or google.new_key("e1", "ES256")
    bearer = google.token(NOW, aud="https://console.example", email=email)
    iap = google.token(
        NOW, kid="e1", algorithm="ES256", iss=IAP, aud="/projects/1/console", email=email, email_verified=None
    )
    return [{"authorization": f"Bearer {bearer}"}, {"x-goog-iap-jwt-assertion": iap}]


def test_the_console_is_for_the_operators_identity_alone(deployed: Deployed, google: Provider) -> None:
    console = deployed.client("console")
    for headers in identity(google, "Me@Example.com"):
        assert console.get("/", headers=headers).status_code == 200
    pushed = {"authorization": f"Bearer {google.token(NOW, email='me@example.com')}"}
    answers = [console.get("/", headers=headers) for headers in ({}, pushed, *identity(google, "else@example.com"))]
    assert {answer.status_code for answer in answers} == {401}
    assert len({re.sub(r"nonce[^ >]*|<style.*?>", "", answer.text) for answer in answers}) == 1
    assert "Identity-Aware Proxy" in answers[0].text


def test_a_link_opens_no_deployed_console_but_still_acknowledges(deployed: Deployed) -> None:
    links = deployed.runtime.links
    context = deployed.runtime.context()
    path, console = link_path(context), deployed.client("console")
    assert {console.open(path, method=method).status_code for method in ("GET", "POST")} == {404}
    session = begin(path.rpartition("/")[2], "", context)
    for name in ("opos_console", "__Host-opos_console"):
        assert console.get("/", headers={"cookie": f"{name}={session}"}).status_code == 401
    ack = links.token("ack", {"alert": "a", "episode": 1}, expires=datetime(2027, 1, 1, tzinfo=UTC))
    assert "no longer stores this alert" in console.get(f"/ack/{ack}").text


def test_a_deployed_process_checks_pushes_over_real_http(tmp_path: Path, google: Provider) -> None:
    port = free_port()
    command = [sys.executable, "-m", "functions_framework", "--target", "sweeper", "--port", str(port)]
    command += ["--host", "127.0.0.1", "--source", str(function_source("sweeper"))]
    names = {**os.environ, **environment(tmp_path, google), "PYTHONPATH": str(ROOT)}
    with (tmp_path / "log").open("wb") as log:
        process = start(command, environment=names, output=log)
    try:
        body, headers = json.dumps(push_body("sweeper")).encode(), {"content-type": "application/json"}
        until(lambda: _status(port, body, headers) == 401, seconds=60, what="a refusal")
        headers["authorization"] = f"Bearer {google.token(datetime.now(UTC))}"
        assert _status(port, body, headers) == 200
    finally:
        end(process)
    assert '"state": "on"' in (tmp_path / "log").read_text()


def _status(port: int, body: bytes, headers: dict[str, str]) -> int | None:
    try:
        return post(port, body, headers, path=push_path("sweeper"))[0]
    except OSError:
        time.sleep(0.1)
        return None
