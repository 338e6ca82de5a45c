"""Reachability checks of channels, against real receivers on loopback: they never send anything."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from opos.bundle.ports import free_port
from shared.adapters.channels.apprise import AppriseService
from shared.adapters.channels.console import ConsoleLine
from shared.adapters.channels.email import SmtpMail
from shared.adapters.channels.ntfy import NtfyTopic
from shared.adapters.channels.slack import SlackWebhook
from shared.errors import DeliveryError
from shared.ports import Channel, Notice
from tests.integration.test_channels import Login, Mailbox, certificate, mail_server
from tests.integration.test_outside import EXPIRED, SOUND, YOUNG, answering, shaking_hands
from tests.support.fakes import FakeClock, RecordingChannel

CLOCK = FakeClock()
NAMES = ("localhost", "me", "topic-secret", "p%40ss", "p@ss")
"""What stands in the addresses here, and may stand in no error."""


def mail(url: str) -> SmtpMail:
    return SmtpMail(url, sender="opos@example.com", to="me@example.com", clock=CLOCK)


def ntfy(address: str) -> NtfyTopic:
    return NtfyTopic(f"{address}/topic-secret", CLOCK)


def slack(address: str) -> SlackWebhook:
    return SlackWebhook(f"{address}/services/topic-secret", CLOCK)


def refusal(channel: Channel) -> tuple[str, bool, str]:
    with pytest.raises(DeliveryError) as fault:
        channel.reach()
    assert [name for name in NAMES if name in str(fault.value).split()] == []
    assert "topic-secret" not in f"{fault.value}{channel!r}"
    assert fault.value.__cause__ is None
    return fault.value.reason, fault.value.permanent, fault.value.detail


@dataclass
class Counter(Mailbox):
    """Keeps every command that a client gives."""

    noop: str = "250 OK"
    commands: list[str] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, answer: list[str]
    ) -> list[str]:
        self.commands.append("EHLO")
        session.host_name = name
        return answer

    async def handle_MAIL(self, *_: Any) -> str:
        self.commands.append("MAIL")
        return "250 OK"

    async def handle_NOOP(self, *_: Any) -> str:
        self.commands.append("NOOP")
        return self.noop

    async def handle_QUIT(self, *_: Any) -> str:
        self.commands.append("QUIT")
        self.left.set()
        return "221 Bye"


def test_a_mail_server_is_greeted_and_left_and_told_of_no_mail() -> None:
    with mail_server(box := Counter()) as port:
        assert mail(f"smtp://127.0.0.1:{port}").reach() is True
        assert box.left.wait(30)
    assert box.commands == ["EHLO", "NOOP", "QUIT"]
    assert box.mails == []


@pytest.mark.parametrize(
    ("password", "reason", "permanent"),
    [("right", None, None), ("wrong", "unauthorized", True), ("later", "unauthorized", False)],
)
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_mail_server_is_shown_the_login_over_tls_and_what_it_says_of_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, password: str, reason: str | None, *, permanent: bool
) -> None:
    how = {"ssl_context" if scheme == "smtps" else "tls_context": trusted(tmp_path, monkeypatch)}
    with mail_server(box := Counter(), authenticator=Login(), auth_require_tls=scheme == "smtp", **how) as port:
        channel = mail(f"{scheme}://me:{password}@localhost:{port}")
        if reason is None:
            assert channel.reach() is True
        else:
            assert refusal(channel)[:2] == (reason, permanent)
    assert "MAIL" not in box.commands


@pytest.mark.parametrize(("answer", "permanent"), [("421 closing", False), ("554 no", True)])
def test_a_mail_server_that_refuses_to_do_nothing_does_not_serve_us(answer: str, *, permanent: bool) -> None:
    with mail_server(Counter(noop=answer)) as port:
        assert refusal(mail(f"smtp://127.0.0.1:{port}")) == ("rejected", permanent, answer[:3])


def test_without_tls_no_mail_server_is_shown_a_password() -> None:
    with mail_server(box := Counter()) as port:
        assert refusal(mail(f"smtp://me:p%40ss@127.0.0.1:{port}"))[:2] == ("misconfigured", True)
    assert box.commands == ["EHLO"]


@pytest.mark.parametrize(
    "url", ["smtp://me:p/ss@mail.example", "smtps://[::1", "smtp://a..b", "smtps://me:pass%C3%A4@127.0.0.1:1"]
)
def test_an_address_that_is_none_is_not_shown_in_what_is_said_of_it(url: str) -> None:
    assert refusal(mail(url))[:2] == ("misconfigured", True)
    with pytest.raises(DeliveryError) as fault:
        mail(url).send(Notice("t", "t"), "key1")
    assert fault.value.reason == "misconfigured"


def trusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, valid: tuple[timedelta, timedelta] = SOUND, name: str = "localhost"
) -> ssl.SSLContext:
    """A server's TLS whose certificate we hold for an authority's."""
    tls = certificate(folder, name, valid)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
    return tls


WRONG = [
    ("localhost", EXPIRED, "TLS certificate has expired, or this machine's clock is ahead"),
    (
        "localhost",
        YOUNG,
        "TLS certificate is not valid yet, or this machine's clock is behind",
    ),
    ("other.example", SOUND, "TLS certificate is for another host name"),
    ("", SOUND, "TLS certificate is self-signed"),
]


@pytest.mark.parametrize(("name", "valid", "detail"), WRONG)
@pytest.mark.parametrize("kind", ["smtp", "smtps", "ntfy", "slack"])
def test_a_certificate_that_is_not_to_be_trusted_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str, valid: Any, detail: str
) -> None:
    tls = trusted(tmp_path, monkeypatch, valid, name) if name else certificate(tmp_path, "localhost", valid)
    with listening(kind, tls) as (channel, box):
        assert refusal(channel) == ("unreachable", False, detail)
        with pytest.raises(DeliveryError) as fault:
            channel.send(Notice("t", "t"), "key1")
    assert fault.value.detail == detail
    assert box.mails == []


@contextmanager
def listening(kind: str, tls: ssl.SSLContext) -> Iterator[tuple[Channel, Mailbox]]:
    """A channel of that kind, and its receiver with *tls*."""
    box = Mailbox()
    if kind in {"ntfy", "slack"}:
        with shaking_hands(tls) as port:
            address = f"https://localhost:{port}"
            yield ntfy(address) if kind == "ntfy" else slack(address), box
        return
    with mail_server(box, **{"ssl_context" if kind == "smtps" else "tls_context": tls}) as port:
        yield mail(f"{kind}://me:p%40ss@localhost:{port}"), box


@pytest.mark.parametrize("kind", ["smtp", "smtps", "ntfy", "slack", "slack without tls"])
def test_who_hangs_costs_the_timeout_only(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    for module in ("smtp", "http_post", "slack"):
        monkeypatch.setattr(f"shared.adapters.channels.{module}.TIMEOUT", 0.2)
    with shaking_hands(None) as port:
        channels: dict[str, Channel] = {
            "smtp": mail(f"smtp://127.0.0.1:{port}"), "smtps": mail(f"smtps://127.0.0.1:{port}"),
            "ntfy": ntfy(f"http://127.0.0.1:{port}"), "slack": slack(f"https://127.0.0.1:{port}"),
        }  # fmt: skip
        began = monotonic()
        if kind in channels:
            assert refusal(channels[kind])[:2] == ("timeout", False)
        else:
            assert slack(f"http://127.0.0.1:{port}").reach() is True, "the system took the connection"
    assert monotonic() - began < 5  # a send has 10 s in production


@pytest.mark.parametrize("host", ["127.0.0.1", "no.such.host.invalid"])
def test_who_is_not_there_is_unreachable_for_now(host: str) -> None:
    address = f"{host}:{free_port()}"
    channels = [mail(f"smtp://{address}"), mail(f"smtps://{address}")]
    web = [make(f"{scheme}://{address}") for make in (ntfy, slack) for scheme in ("http", "https")]
    for channel in (*channels, *web):
        reason, permanent, detail = refusal(channel)
        assert (reason, permanent) == ("unreachable", False)
        assert detail == ("ConnectionRefusedError" if host == "127.0.0.1" else "gaierror")


class Answering(BaseHTTPRequestHandler):
    status = 200
    body = b'{"healthy":true}'
    asked: list[tuple[str, str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, self.headers["authorization"]))
        self.send_response(self.status)
        self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


def web(status: int = 200, body: bytes = Answering.body) -> type[Answering]:
    return type("Web", (Answering,), {"status": status, "body": body, "asked": []})


@pytest.mark.parametrize(
    ("url", "path", "proof"),
    [
        ("http://127.0.0.1:{}/topic-secret", "/v1/health", None),
        ("http://127.0.0.1:{}/below/topic-secret", "/below/v1/health", None),
        ("http://me:p%40ss@127.0.0.1:{}/topic-secret", "/v1/health", "Basic bWU6cEBzcw=="),
    ],
)
def test_ntfy_is_asked_for_its_health_with_our_login_and_gets_nothing(url: str, path: str, proof: str | None) -> None:
    with answering(server := web()) as port:
        assert NtfyTopic(url.format(port), CLOCK).reach() is True
    assert server.asked == [("GET", path, proof)]


@pytest.mark.parametrize(
    "server",
    [web(404), web(405), web(410), web(200, b"<html>"), web(200, b""), web(200, b"[]"), web(200, b"{}")],
    ids=lambda answer: f"{answer.status} {answer.body.decode()}",
)
def test_a_server_that_does_not_speak_of_its_health_was_reached(server: type[Answering]) -> None:
    with answering(server) as port:
        assert ntfy(f"http://127.0.0.1:{port}").reach() is True


@pytest.mark.parametrize(
    ("server", "reason", "permanent"),
    [
        (web(200, b'{"healthy":false}'), "rejected", False), (web(502), "rejected", False), (web(503), "rejected", False),
        (web(401), "unauthorized", True), (web(429), "rate_limited", False), (web(302), "rejected", True),
    ],
)  # fmt: skip
def test_an_ntfy_server_that_would_not_take_a_page_says_so(
    server: type[Answering], reason: str, *, permanent: bool
) -> None:
    with answering(server) as port:
        assert refusal(ntfy(f"http://127.0.0.1:{port}"))[:2] == (reason, permanent)
    assert len(server.asked) == 1, "a redirect is not followed"


def test_a_webhooks_host_is_connected_to_and_told_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(server := web(), trusted(tmp_path, monkeypatch)) as port:
        assert slack(f"https://localhost:{port}").reach() is True
    with answering(server) as port:
        assert slack(f"http://127.0.0.1:{port}").reach() is True
    assert server.asked == []


def test_behind_a_proxy_a_webhooks_host_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"https://127.0.0.1:{free_port()}"
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")
    assert slack(address).reach() is False
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert refusal(slack(address))[0] == "unreachable"


@pytest.mark.parametrize("make", [NtfyTopic, SlackWebhook])
@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://x/topic-secret", "https://[::1/topic-secret", "https:///topic-secret"]
)
def test_an_address_that_is_none_is_misconfigured_for_good(make: Any, url: str) -> None:
    assert refusal(make(url, CLOCK))[:2] == ("misconfigured", True)


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_a_receiver_may_have_an_ipv6_address() -> None:
    for make in (ntfy, slack):
        with shaking_hands(None, "::1") as port:
            assert (make is ntfy) or make(f"http://[::1]:{port}").reach()
        assert refusal(make(f"http://[::1]:{port}"))[2] == "ConnectionRefusedError"


def test_what_can_only_send_cannot_be_asked() -> None:
    assert ConsoleLine(CLOCK).reach() is False
    assert AppriseService("json://127.0.0.1/topic-secret", CLOCK).reach() is False


def test_the_fake_is_reached_unless_the_next_sending_would_fail() -> None:
    channel = RecordingChannel(faults=[DeliveryError("timeout")])
    assert refusal(channel)[0] == "timeout"
    with pytest.raises(DeliveryError):
        channel.send(Notice("t", "t"), "key1")
    assert channel.reach() is True
