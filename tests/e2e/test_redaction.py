"""Secrets are planted wherever a stranger, a sender, a receiver or a fault can put one; none comes out again.

The bundle runs as a process of its own, and all that it writes, to either stream, is its log.
"""

import json
import re
import subprocess
import sys
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message as Headers
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.api_core.exceptions import ServiceUnavailable

from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from shared.adapters.google_client import translated
from shared.security.ping_addresses import ping_id
from shared.sources import scheme
from tests.support.bundle import SECRETS, Answer, Bundle
from tests.support.http_server import Quiet, served
from tests.support.project import ROOT
from tests.torture.senders import SECRET, Delivery, post, signed, until

PLANTED = "hunter2"
"""Each planted secret is this word and a number."""
CONFIG = """
owner: me@example.com
sources:
  app: {scheme: standard-webhooks, secrets: [APP_SECRET], alert: {title: data.title, severity: data.severity, fingerprint: data.id}}
  github: {scheme: github, secrets: [GITHUB_SECRET]}
  stripe: {scheme: stripe, secrets: [STRIPE_SECRET]}
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  pagerduty: {scheme: pagerduty-events, secrets: [ROUTING_KEY]}
heartbeats: {vault: {secrets: [VAULT_TOKEN]}}
channels:
  json: {apprise: JSON_URL}
  slack: {slack: SLACK_URL}
  ntfy: {ntfy: NTFY_URL}
  mail: {email: SMTP_URL, to: me@example.com}
route:
  channel: mail
  routes:
    - {channel: json, continue: true}
    - {channel: slack, continue: true}
    - {channel: ntfy, continue: true}
    - {channel: mail}
digest: {channel: mail}
"""


class Broken(Quiet):
    """A receiver that refuses, and says more than it should."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response_only(500, f"{PLANTED}-60")
        self.send_header("location", f"http://127.0.0.1/{PLANTED}-61")
        self.send_header("content-length", "10")
        self.end_headers()
        self.wfile.write(f"{PLANTED}-62".encode())

    do_GET = do_POST  # noqa: N815


def secrets(receiver: int) -> dict[str, str]:
    """The environment. *receiver* is the port of one that refuses; the mail's server is not there at all."""
    return {
        **SECRETS,
        "APP_SECRET": SECRET,
        "GITHUB_SECRET": f"{PLANTED}-0",
        "STRIPE_SECRET": f"whsec_{PLANTED}-1",
        "ALERTMANAGER_TOKEN": f"{PLANTED}-2",
        "ROUTING_KEY": f"{PLANTED}-3",
        "VAULT_TOKEN": f"{PLANTED}-4",
        "JSON_URL": f"json://user:{PLANTED}-5@127.0.0.1:{receiver}/{PLANTED}-6?+x-token={PLANTED}-7",
        "SLACK_URL": f"http://127.0.0.1:{receiver}/services/{PLANTED}-8",
        "NTFY_URL": f"http://user:{PLANTED}-9@127.0.0.1:{receiver}/{PLANTED}-10",
        "SMTP_URL": f"smtp://user:{PLANTED}-11@127.0.0.1:{free_port()}",
        "OPOS_SIGNING_KEY": f"{PLANTED}-12",
    }


@dataclass
class Process:
    port: int
    log: Path
    asked: list[bytes]

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
        status, answer = post(self.port, body, headers or {}, path=path, method=method)
        self.asked.append(answer)
        return status

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self.log.read_text().splitlines() if one.startswith("{")]


@pytest.fixture(params=["json"])
def process(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Process]:
    """`opos up` with the log in the form of the parameter."""
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text("flags: {quarter: {enabled: true}}\n")
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "opos", "up", "--port", str(port), "--data", str(tmp_path / "data")]
    command += ["--log", request.param]
    files = ["--config", str(tmp_path / "opos.yaml"), "--flags", str(tmp_path / "flags.yaml")]
    with served(Broken) as receiver, log.open("wb") as output:
        running = start(
            [*command, *files], environment={**secrets(receiver), "PYTHONPATH": str(ROOT), "PATH": ""}, output=output
        )
        try:
            until(lambda: "opos is up" in log.read_text() or running.poll() is not None, seconds=60, what="a start")
            yield Process(port, log, [])
        finally:
            end(running)


def trouble(id: str, **more: Any) -> Delivery:
    data = {"id": id, "title": f"Trouble {id}", "severity": "critical", "password": f"{PLANTED}-20", **more}
    return Delivery(id, json.dumps({"type": "trouble", "data": data, "card": f"{PLANTED}-21"}).encode())


SPOKEN = {
    "authorization": f"Bearer {PLANTED}-30", "cookie": f"opos_console={PLANTED}-31", "x-api-key": f"{PLANTED}-32",
    "tracestate": f"vendor={PLANTED}-33", "referer": f"https://x.example/{PLANTED}-34", "x-forwarded-for": f"{PLANTED}-35",
}  # fmt: skip
QUERY = f"?token={PLANTED}-36&targetingKey={PLANTED}-37"


def speak(process: Process) -> None:
    """Say to each address what should stay unsaid, with proof and without."""
    known = trouble("known")
    assert process.ask("POST", f"/webhooks/app{QUERY}", known.body, {**SPOKEN, **signed(known)}) == 202
    for body in (
        b'{"a": "hunter2-40',
        b'{"type": {"hunter2-41": 1}}',
        b'{"type": "x", "data": {"title": ["hunter2-42"]}}',
    ):
        delivery = Delivery(f"broken-{len(body)}", body)
        assert process.ask("POST", "/webhooks/app", body, {**SPOKEN, **signed(delivery)}) in {200, 202}
    forged = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": f"v1,{PLANTED}-43"}
    github = {"x-hub-signature-256": f"sha256={PLANTED}-44", "x-github-event": "push"}
    stripe = {"stripe-signature": f"t=1,v1={PLANTED}-45"}
    for path, headers in (
        ("/webhooks/app", forged), ("/webhooks/github", github), ("/webhooks/stripe", stripe),
        ("/webhooks/alertmanager", {}), ("/webhooks/v2/enqueue", {}), ("/webhooks/nowhere", {}),
    ):  # fmt: skip
        assert process.ask("POST", f"{path}{QUERY}", b'{"routing_key": "hunter2-46"}', {**SPOKEN, **headers}) >= 400
    output = f"{PLANTED}-50".encode()
    assert process.ask("POST", f"/webhooks/ping/vault{QUERY}", output, SPOKEN) == 401
    job = {**SPOKEN, "authorization": f"Bearer {PLANTED}-4"}
    assert process.ask("POST", f"/webhooks/ping/vault/fail{QUERY}", output, job) == 200
    for path in (f"vault/{PLANTED}-51", f"vault?rid={PLANTED}-52", f"{PLANTED}-53", ping_id("vault", "hunter2-13")):
        assert process.ask("POST", f"/webhooks/ping/{path}", output, job) >= 400
    by_id = f"/webhooks/ping/{ping_id('vault', f'{PLANTED}-12')}"
    assert process.ask("POST", by_id, output, SPOKEN) == 200
    assert by_id not in process.log.read_text()
    for path in ("/", f"/ack/{PLANTED}-47", "/flags", "/flags/quarter", "/livez", "/health", "/metrics", "/readyz"):
        process.ask("GET", f"{path}{QUERY}", b"", SPOKEN)
    process.ask("POST", f"/ofrep/v1/evaluate/flags/quarter{QUERY}", b'{"context": {"x": "hunter2-48"}}', SPOKEN)
    process.ask("POST", f"/ofrep/v1/evaluate/flags{QUERY}", b'{"context": "hunter2-49', SPOKEN)


def test_what_strangers_senders_and_receivers_say_is_in_no_line_and_no_answer(process: Process) -> None:
    speak(process)
    refused = "not_delivered"
    until(
        lambda: {one["reason"] for one in process.lines() if one["message"] == refused} >= {"rejected", "unreachable"},
        seconds=60, what="pages that are refused",
    )  # fmt: skip
    process.ask("GET", "/health")
    process.ask("GET", "/metrics")
    log = process.log.read_text()
    assert {"accepted", "routed", refused} <= {one["message"] for one in process.lines()}
    assert [word for word in log.split('"') if PLANTED in word] == []
    assert [answer for answer in process.asked if PLANTED.encode() in answer] == []
    assert [one["dropped"] for one in process.lines() if "dropped" in one] == []


@pytest.mark.slow
@pytest.mark.parametrize("process", ["text"], indirect=True)
def test_the_readable_log_has_none_of_it_either(process: Process) -> None:
    speak(process)
    until(lambda: "tries again" in process.log.read_text(), seconds=60, what="pages that are refused")
    log = process.log.read_text()
    assert {"accepted", "interrupts", "quarantined", "rejected 401"} <= {*re.findall(r"rejected \d+|\w+", log)}
    assert {*re.findall(rf"{PLANTED}-\d+", log)} == set()


def test_every_line_of_a_function_is_json_with_its_trace_and_its_name(process: Process) -> None:
    known = trouble("known")
    process.ask("POST", "/webhooks/app", known.body, signed(known))
    until(lambda: any(one["message"] == "routed" for one in process.lines()), seconds=60, what="the router")
    named = {one["message"]: one for one in process.lines()}
    google = "logging.googleapis.com"
    assert named["accepted"][f"{google}/labels"]["function"] == "webhook_intake"
    assert named["routed"][f"{google}/labels"]["function"] == "alert_router"
    assert named["accepted"][f"{google}/trace"] == named["routed"][f"{google}/trace"]
    assert named["accepted"][f"{google}/spanId"] != named["routed"][f"{google}/spanId"]


def _raise(fault: BaseException) -> Any:
    raise fault


def _from_http() -> Any:
    address = f"https://user:{PLANTED}-70@x.example/?token={PLANTED}-71"
    raise urllib.error.HTTPError(address, 500, f"{PLANTED}-72", Headers(), None)


def _from_httpx() -> Any:
    with httpx.Client() as client:
        client.get(f"http://127.0.0.1:1/{PLANTED}-73?token={PLANTED}-74", headers={"authorization": f"{PLANTED}-75"})


def _from_google() -> Any:
    with translated("Firestore"):
        raise ServiceUnavailable(f"{PLANTED}-76 is not allowed to use this project")


def _in_a_chain() -> Any:
    password = f"{PLANTED}-77"
    try:
        _raise(ValueError(password))
    except ValueError as fault:
        raise RuntimeError(f"{PLANTED}-78") from fault


FAULTS: dict[str, Callable[[], Any]] = {
    "plain": lambda: _raise(RuntimeError(f"{PLANTED}-79")),
    "http": _from_http,
    "httpx": _from_httpx,
    "google": _from_google,
    "chain": _in_a_chain,
}


def run(call: str) -> list[dict[str, Any]]:
    """The lines that *call*, of this module, writes in a process of its own; none of them holds what was planted."""
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.e2e.test_redaction import *; {call}"], env={"PYTHONPATH": str(ROOT)},
        check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert PLANTED not in done.stdout + done.stderr
    return [json.loads(one) for one in done.stdout.splitlines()]


PLACES = ("commit", "get", "publish", "channel")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_the_text_of_a_fault_is_in_no_line_and_no_answer(tmp_path: Path, fault: str) -> None:
    lines = run(f"misbehave({str(tmp_path)!r}, {fault!r})")
    assert [one for one in lines if "dropped" in one] == []
    expected = {"failed"} if fault == "google" else {"crashed"}
    assert {one["message"] for one in lines} >= expected | {"publish_failed", "channel_broken"}
    for place in PLACES:
        assert PLANTED not in (tmp_path / place / "answers").read_text()


def misbehave(folder: str, fault: str) -> None:
    """Bundles with *fault*, each at another place, are asked; their answers are kept in files."""
    for place in PLACES:
        bundle = Bundle(Path(folder) / place)
        bundle.folder.mkdir()
        bundle.start()
        break_at(place, bundle, FAULTS[fault])
        answers = [bundle.trouble("disk"), bundle.send("lemon", {"order": 1})]
        answers.append(bundle.request("POST", "/webhooks/ping/backup"))
        bundle.settle()
        answers += [bundle.request("GET", path) for path in ("/health", "/readyz", "/metrics", "/", "/flags")]
        (bundle.folder / "answers").write_text("\n".join(one.text for one in answers))
        bundle.stop()


def break_at(place: str, bundle: Bundle, fault: Callable[[], Any]) -> None:
    if place in {"commit", "get"}:
        setattr(bundle.store, place, lambda *_: fault())
    elif place == "publish":
        object.__setattr__(bundle.runtime.local_bus, "publish", lambda _message: fault())
    else:
        bundle.desk.send = lambda *_: fault()  # type: ignore[method-assign]


def test_what_is_no_push_of_the_bus_is_refused_and_nothing_of_it_is_said(tmp_path: Path) -> None:
    lines = run(f"push({str(tmp_path)!r})")
    assert {one["message"] for one in lines} == {"push_authentication", "failed", "crashed"}


def push(folder: str) -> None:
    bundle = Bundle(Path(folder))
    bundle.start()
    router = bundle.functions["alert_router"].test_client()
    path = "/projects/local/topics/events"
    for source in (f"//x/{PLANTED}-80", "//pubsub.googleapis.com/projects/p/topics/events"):
        event = {"ce-id": "1", "ce-source": source, "ce-type": "t", "ce-specversion": "1.0"}
        for body in (
            b"hunter2-81",
            b'"hunter2-82"',
            b'{"message": {"data": "hunter2-83"}}',
            b'{"message": "hunter2-84"}',
        ):
            answer = router.post(path, data=body, headers={**event, "content-type": "application/json"})
            assert answer.status_code == 500
            assert PLANTED not in answer.text
    whole = {"content-type": "application/cloudevents+json"}
    assert router.post(path, data=b'{"specversion": "hunter2-85', headers=whole).status_code >= 400
    bundle.stop()


def test_the_framework_that_logs_a_fault_of_its_own_is_not_quoted(tmp_path: Path) -> None:
    (line,) = run(f"crash({str(tmp_path)!r})")
    assert (line["severity"], line["message"], line["library"]) == ("ERROR", "library", "health")
    assert line["stack_trace"].splitlines()[-1] == "RuntimeError"


def crash(folder: str) -> None:
    """Outside of what `shared.runtime.entry` sees."""
    bundle = Bundle(Path(folder))
    bundle.start()
    bundle.functions["health"].view_functions["run"] = lambda path: _raise(RuntimeError(f"{PLANTED}-90 {path}"))
    answer = bundle.functions["health"].test_client().get(f"/livez{QUERY}")
    assert answer.status_code == 500
    assert PLANTED not in answer.text
    bundle.stop()


def test_messages_bear_no_more_than_where_they_come_from(embedded: Bundle) -> None:
    body = trouble("known").body
    declared = embedded.runtime.config.sources["app"]
    proof = scheme(declared).sign(body, SECRETS["APP_SECRET"], now=embedded.clock.now(), delivery="d", event_type="")
    answer: Answer = embedded.request("POST", f"/webhooks/app{QUERY}", body, {**SPOKEN, **proof})
    assert answer.status == 202
    rows = embedded.runtime.database.read("SELECT attributes, data FROM messages", [])
    assert len(rows) == 2, "one for the router, one for the record keeper"
    for attributes, data in rows:
        assert set(json.loads(attributes)) == {"traceparent"}
        assert PLANTED not in attributes
        assert PLANTED not in data.decode()
