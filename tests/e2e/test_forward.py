"""Webhooks forwarded to an app that verifies them, from the intake to the app, on both backends."""

import base64
import hmac
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import stripe
import svix
from click.testing import CliRunner, Result

from opos.bundle.ports import free_port
from opos.cli import main
from shared.sources import scheme
from tests.support.bundle import SECRETS, Bundle
from tests.support.http_server import Quiet, served
from tests.support.project import ROOT

SOURCES = """
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET]}
  stripe: {scheme: stripe, secrets: [STRIPE_SECRET]}
  app: {scheme: standard-webhooks, secrets: [APP_SECRET]}
  slack: {scheme: slack, secrets: [SLACK_SECRET]}
  sentry: {scheme: sentry, secrets: [LEMON_SECRET]}
  incidents: {scheme: pagerduty, secrets: [LEMON_SECRET]}
  shopify: {scheme: shopify, secrets: [LEMON_SECRET]}
  linear: {scheme: linear, secrets: [LEMON_SECRET]}
  lemon: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, delivery: {header: X-Request-Id}}
  desk:
    scheme: hmac
    secrets: [LEMON_SECRET]
    hmac: {header: X-Signature, encoding: base64, template: "{timestamp}{body}", timestamp_header: X-Time, timestamp: iso}
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  monitor: {scheme: basic, secrets: [VAULT_TOKEN]}
  pagerduty: {scheme: pagerduty-events, secrets: [ROUTING_KEY]}
"""
SIGNED = ("github", "stripe", "app", "slack", "sentry", "incidents", "shopify", "linear", "lemon", "desk")
TYPE_HEADERS = {
    "github": "x-github-event", "sentry": "sentry-hook-resource", "shopify": "x-shopify-topic", "linear": "linear-event",
}  # fmt: skip
LOCAL_SECRET = {"LOCAL_SECRET": "whsec_bG9jYWxsb2NhbGxvY2Fs"}


@dataclass
class App:
    """The app on the operator's machine. It verifies what it gets, and keeps what it accepts."""

    verify: Callable[[dict[str, str], bytes], object]
    port: int = 0
    accepted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for _, body in self.accepted]


@contextmanager
def app(verify: Callable[[dict[str, str], bytes], object]) -> Iterator[App]:
    running = App(verify)

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                running.verify(headers, body)
            except Exception as fault:  # noqa: BLE001  (each library has its own)
                self.answer(400, type(fault).__name__.encode())
                return
            running.accepted.append((headers, body))
            self.answer(200)

    with served(Handler) as running.port:
        yield running


def anything(headers: dict[str, str], body: bytes) -> None:
    """An app that verifies nothing."""


def by_stripe(headers: dict[str, str], body: bytes) -> None:
    stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], SECRETS["STRIPE_SECRET"], 300)


def by_libraries(headers: dict[str, str], body: bytes) -> None:
    for library in (svix.Webhook, standardwebhooks.Webhook):
        library(SECRETS["APP_SECRET"]).verify(body.decode(), headers)


def hmac_sha256(name: str, text: bytes) -> bytes:
    return hmac.digest(SECRETS[name].encode(), text, "sha256")


DOCUMENTED: dict[str, Callable[[dict[str, str], bytes], bool]] = {
    "github": lambda headers, body: (
        headers["x-hub-signature-256"] == "sha256=" + hmac_sha256("GITHUB_SECRET", body).hex()
    ),
    "slack": lambda headers, body: (
        abs(time.time() - int(headers["x-slack-request-timestamp"])) < 300
        and headers["x-slack-signature"]
        == "v0="
        + hmac_sha256("SLACK_SECRET", b"v0:%b:%b" % (headers["x-slack-request-timestamp"].encode(), body)).hex()
    ),
    "sentry": lambda headers, body: headers["sentry-hook-signature"] == hmac_sha256("LEMON_SECRET", body).hex(),
    "incidents": lambda headers, body: (
        headers["x-pagerduty-signature"] == "v1=" + hmac_sha256("LEMON_SECRET", body).hex()
    ),
    "shopify": lambda headers, body: (
        base64.b64decode(headers["x-shopify-hmac-sha256"]) == hmac_sha256("LEMON_SECRET", body)
    ),
    "linear": lambda headers, body: (
        headers["linear-signature"] == hmac_sha256("LEMON_SECRET", body).hex()
        and abs(time.time() - json.loads(body)["webhookTimestamp"] / 1000) < 60
    ),
    "lemon": lambda headers, body: headers["x-signature"] == hmac_sha256("LEMON_SECRET", body).hex(),
    "desk": lambda headers, body: (
        abs(time.time() - datetime.strptime(headers["x-time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()) < 300
        and base64.b64decode(headers["x-signature"]) == hmac_sha256("LEMON_SECRET", headers["x-time"].encode() + body)
    ),
    "alertmanager": lambda headers, _: headers["authorization"] == f"Bearer {SECRETS['ALERTMANAGER_TOKEN']}",
    "monitor": lambda headers, _: (
        headers["authorization"] == f"Basic {base64.b64encode(SECRETS['VAULT_TOKEN'].encode()).decode()}"
    ),
    "pagerduty": lambda _, body: json.loads(body)["routing_key"] == SECRETS["ROUTING_KEY"],
}
"""What each sender's documentation tells an app to check, written here again without a line of opos."""


def verifying(name: str) -> Callable[[dict[str, str], bytes], object]:
    def by_documentation(headers: dict[str, str], body: bytes) -> None:
        assert DOCUMENTED[name](headers, body)

    return {"stripe": by_stripe, "app": by_libraries}.get(name, by_documentation)


@pytest.fixture
def today(bundle: Bundle) -> Bundle:
    bundle.clock.moment = datetime.now(UTC)  # the command has the time of the machine
    bundle.configure(SOURCES)
    return bundle


Run = Callable[..., Result]


@pytest.fixture
def forward(today: Bundle, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `opos forward`, which makes a check after each of *steps* and then ends, as with Ctrl-C."""

    def run(*arguments: str, steps: tuple[Callable[[], object], ...] = ()) -> Result:
        waiting = iter(steps)

        def wait(_: timedelta) -> bool:
            step = next(waiting, None)
            if step:
                step()
            return step is not None

        monkeypatch.setattr("opos.commands.forward.wait", wait)
        config = ["--config", str(today.folder / "opos.yaml")]
        result = CliRunner().invoke(
            main, ["forward", *arguments, *today.place, *config], env={**SECRETS, **LOCAL_SECRET}
        )
        assert not result.exception or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def payload(number: int) -> bytes:
    at = int(datetime.now(UTC).timestamp() * 1000)
    return json.dumps({"id": f"e{number}", "type": "thing", "name": "ä", "webhookTimestamp": at}, indent=1).encode()


def sending(bundle: Bundle, name: str, *numbers: int) -> Callable[[], None]:
    def send() -> None:
        for number in numbers:
            bundle.clock.moment = datetime.now(UTC)
            body = payload(number)
            headers = {"x-request-id": f"r{number}", "user-agent": "Sender/1", "content-type": "application/json"}
            declared = bundle.runtime.config.sources[name]
            secret = SECRETS[declared.secrets[0]]
            headers |= scheme(declared).sign(
                body, secret, now=bundle.clock.now(), delivery=f"d{number}", event_type="thing"
            )
            assert bundle.request("POST", f"/webhooks/{name}", body, headers).status == 202

    return send


def test_an_app_accepts_each_sender_as_if_it_had_posted_there_itself(today: Bundle, forward: Run) -> None:
    for number, name in enumerate(SIGNED):
        with app(verifying(name)) as local:
            result = forward(
                name, local.url, steps=(sending(today, name, number), sending(today, "stripe", 50 + number))
            )
        assert result.exit_code == 0
        assert local.ids[0] == f"e{number}", (name, result.output)
        headers, body = local.accepted[0]
        assert body in [doc.data["body"].encode() for doc in today.docs("events") if doc.data["source"] == name]
        assert (headers["user-agent"], headers["content-type"]) == ("Sender/1", "application/json")
        assert headers.get(TYPE_HEADERS.get(name, ""), "thing") == "thing"
        assert len(local.accepted) == (2 if name == "stripe" else 1), "only its own"
        assert headers.get("x-request-id") == (f"r{number}" if name == "lemon" else None)


def test_webhooks_come_once_in_order_and_a_missing_server_stops_nothing(today: Bundle, forward: Run) -> None:
    port = free_port()
    with app(by_stripe) as local:
        steps = (
            sending(today, "stripe", 1, 2),
            lambda: None,
            sending(today, "stripe", 3),
            sending(today, "stripe", 4, 5),
        )
        sending(today, "stripe", 0)()
        result = forward("stripe", local.url, "--json", steps=steps)
        absent = forward("stripe", f"127.0.0.1:{port}/hook", steps=(sending(today, "stripe", 6, 7),))
        assert local.ids == ["e1", "e2", "e3", "e4", "e5"]
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["delivery_id"], line["status"], line["reason"]) for line in lines] == [
        (f"e{number}", 200, None) for number in range(1, 6)
    ]
    assert result.stderr.splitlines() == [
        f"opos forwards each new webhook of stripe to {local.url}",
        "opos forwarded 5 webhooks; your app accepted 5.",
    ]
    assert absent.exit_code == 0
    assert [line.split("  ")[1::2] for line in absent.stdout.splitlines()] == [
        ["---", "thing", "no answer: Connection refused"]
    ] * 2


def test_since_a_time_the_webhooks_that_have_come_are_forwarded_first(today: Bundle, forward: Run) -> None:
    sending(today, "stripe", 1, 2)()
    with app(by_stripe) as local:
        forward("stripe", local.url, "--since", "10m", steps=(sending(today, "stripe", 3), lambda: None))
        assert local.ids == ["e1", "e2", "e3"]
        for refused in ("31d", f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"):
            result = forward("stripe", local.url, "--since", refused, steps=(lambda: None,))
            assert (result.exit_code, "in the past and at most 30d ago" in result.stderr) == (2, True)
        assert local.ids == ["e1", "e2", "e3"]


def test_only_the_types_that_you_ask_for(today: Bundle, forward: Run) -> None:
    def send() -> None:
        for type in ("invoice.paid", "customer.created"):
            today.send("app", {"id": type, "type": type, "data": {}}, delivery=type)

    with app(anything) as local:
        forward("app", local.url, "--type", "invoice.*", steps=(send,))
        assert local.ids == ["invoice.paid"]


def test_one_stored_webhook_is_sent_again_signed_for_now(today: Bundle, forward: Run) -> None:
    today.clock.moment -= timedelta(days=3)
    today.send("stripe", {"id": "evt_1", "type": "invoice.paid"})
    (doc,) = today.docs("events")
    with app(by_stripe) as local:
        again = forward("stripe", local.url, "--event", doc.id[:8])
        assert (again.exit_code, local.ids) == (0, ["evt_1"])
        assert again.stderr == f"opos forwards the event {doc.id[:8]} of stripe to {local.url}\n"
        other = forward("github", local.url, "--event", doc.id)
        assert (other.exit_code, other.stderr) == (1, "expected an event of github, found one of stripe\n")
        assert forward("stripe", local.url, "--event", doc.id, "--since", "1h").exit_code == 2
        rejected = forward("stripe", local.url, "--event", doc.id, "--secret", "LOCAL_SECRET")
    assert (rejected.exit_code, "  400  " in rejected.stdout) == (1, True)
    assert rejected.stdout.endswith("SignatureVerificationError\n")


def test_the_app_may_have_a_secret_of_its_own(today: Bundle, forward: Run) -> None:
    today.send("app", {"type": "thing", "id": "e1", "data": {}})
    (doc,) = today.docs("events")

    def by_local_secret(headers: dict[str, str], body: bytes) -> None:
        svix.Webhook(LOCAL_SECRET["LOCAL_SECRET"]).verify(body.decode(), headers)

    with app(by_local_secret) as local:
        assert forward("app", local.url, "--event", doc.id, "--secret", "LOCAL_SECRET").exit_code == 0
        missing = forward("app", local.url, "--event", doc.id, "--secret", "NO_SUCH_SECRET")
    assert (missing.exit_code, local.ids) == (1, ["e1"])
    assert missing.stderr.splitlines() == [
        "The secret NO_SUCH_SECRET is not set.",
        "hint: Set the secret that your app verifies with, and name it with --secret NAME.",
    ]


TOKENS = {"alertmanager": "ALERTMANAGER_TOKEN", "monitor": "VAULT_TOKEN", "pagerduty": "ROUTING_KEY"}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_leaves_only_if_you_say_so_and_nobody_can_read_it(today: Bundle, forward: Run, name: str) -> None:
    token = SECRETS[TOKENS[name]]
    body = {"routing_key": token, "event_action": "resolve", "dedup_key": "x", "id": "e1"}
    today.send(name, body)
    (doc,) = today.docs("events")

    with app(anything) as local:
        without = forward(name, local.url, "--event", doc.id)
        headers, sent = local.accepted.pop()
        assert "authorization" not in headers
        assert name != "pagerduty" or token.encode() not in sent
        assert "--with-token sends it" in without.stderr
        local.verify = verifying(name)
        allowed = forward(name, local.url, "--event", doc.id, "--with-token")
        assert (allowed.exit_code, allowed.stderr.endswith(f"{local.url}, with its token\n")) == (0, True)
        assert json.loads(local.accepted.pop()[1]) == body
    for place in ("http://app.example.com/hook", "http://127.0.0.1.example.com"):
        refused = forward(name, place, "--event", doc.id, "--with-token")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f"expected an https URL, or one on this machine, found {place}\n")
        assert token not in refused.output


def test_an_option_without_an_effect_is_refused(forward: Run) -> None:
    signed = forward("stripe", "localhost:1", "--with-token")
    assert signed.stderr == "expected no --with-token: the scheme stripe signs and sends no token\n"
    unsigned = forward("alertmanager", "localhost:1", "--secret", "LOCAL_SECRET")
    assert unsigned.stderr.startswith("expected --with-token beside --secret")
    unknown = forward("strpe", "localhost:1")
    assert (signed.exit_code, unsigned.exit_code, unknown.exit_code) == (1, 1, 2)
    assert unknown.stderr.startswith("expected a source of ")


def test_a_body_that_is_no_text_arrives_byte_for_byte(today: Bundle, forward: Run) -> None:
    body = b"\xff\x00 payload=%7B%7D&a=b+c"
    today.send("lemon", body)
    (doc,) = today.docs("events")
    with app(verifying("lemon")) as local:
        assert forward("lemon", local.url, "--event", doc.id).exit_code == 0
        assert local.accepted[0][1] == body


@pytest.mark.slow
def test_as_a_process_it_forwards_until_ctrl_c(embedded: Bundle) -> None:
    embedded.clock.moment = datetime.now(UTC)
    with app(by_stripe) as local:
        command = [sys.executable, "-m", "opos", "forward", "stripe", local.url, *embedded.place]
        process = subprocess.Popen(
            command, cwd=embedded.folder, env={**SECRETS, "PYTHONPATH": str(ROOT)}, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr
        assert process.stdout
        assert process.stderr.readline() == f"opos forwards each new webhook of stripe to {local.url}\n"
        embedded.send("stripe", {"id": "evt_1", "type": "invoice.paid"})
        assert process.stdout.readline().split("  ")[1] == "200"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    assert (process.returncode, said) == (0, "opos forwarded 1 webhook; your app accepted 1.\n")
    assert local.ids == ["evt_1"]
