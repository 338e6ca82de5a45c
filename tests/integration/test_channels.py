"""Channels against real receivers on loopback."""

import gc
import json
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from opos.bundle.ports import free_port
from shared.adapters.channels.apprise import AppriseService
from shared.adapters.channels.console import ConsoleLine
from shared.adapters.channels.email import SmtpMail
from shared.adapters.channels.http_post import call
from shared.adapters.channels.ntfy import NtfyTopic
from shared.adapters.channels.slack import SlackWebhook
from shared.errors import DeliveryError
from shared.ports import Mailing, Notice
from tests.support.fakes import FakeClock
from tests.support.slow_receivers import ENDLESS, Dripping, serving

NOTICE = Notice(
    "Disk\r\nBcc: all@example.com", "97 % full", "https://grafana.example", "https://opos.example/ack/t", "critical"
)
CLOCK = FakeClock()


@dataclass
class Mailbox:
    """An SMTP server's handler: keeps mail, or answers with `refusal`."""

    refusal: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.refusal:
            return self.refusal
        self.raw.append(envelope.content)  # type: ignore[arg-type]
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, SmtpMail]]:
    box = Mailbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, SmtpMail(f"smtp://127.0.0.1:{port}", sender="opos@example.com", to="me@example.com", clock=CLOCK)
    controller.stop()


def test_a_mail_arrives_with_its_words_and_cannot_be_given_headers(mailbox: tuple[Mailbox, SmtpMail]) -> None:
    box, channel = mailbox
    channel.send(NOTICE, "key1")
    (mail,) = box.mails
    assert (mail["Subject"], mail["To"], mail["Bcc"]) == ("Disk Bcc: all@example.com", "me@example.com", None)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert all(part in mail.get_content() for part in (NOTICE.text, NOTICE.link, NOTICE.ack_url))


def test_the_same_message_again_has_the_same_message_id(mailbox: tuple[Mailbox, SmtpMail]) -> None:
    box, channel = mailbox
    for key in ("key1", "key1", "key2"):
        channel.send(NOTICE, key)
    assert [mail["Message-ID"] for mail in box.mails] == ["<key1@example.com>"] * 2 + ["<key2@example.com>"]


@pytest.mark.parametrize(("refusal", "permanent"), [("451 try later", False), ("550 no such user", True)])
def test_a_refusal_is_permanent_when_the_server_says_so(
    mailbox: tuple[Mailbox, SmtpMail], refusal: str, *, permanent: bool
) -> None:
    box, channel = mailbox
    box.refusal = refusal
    with pytest.raises(DeliveryError) as fault:
        channel.send(NOTICE, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("rejected", permanent)


MAILING = Mailing(
    "<p>Hällo " + "x" * 2000 + "</p>",
    CLOCK.now(),
    "morning.2026-11-20",
    "morning",
    "https://opos.example/unsubscribe/" + "t" * 180,
)
DIGEST = Notice("Disk full and 3 more", "Hällo\n.\n.dot", mailing=MAILING)


def test_a_digest_arrives_in_two_forms_with_its_thread_its_list_and_one_click_to_stop_it(
    mailbox: tuple[Mailbox, SmtpMail],
) -> None:
    box, channel = mailbox
    channel.send(DIGEST, "key1")
    (mail,) = box.mails
    assert {name: mail[name] for name in ("In-Reply-To", "References", "List-Id", "List-Unsubscribe")} == {
        "In-Reply-To": "<morning.2026-11-20@example.com>", "References": "<morning.2026-11-20@example.com>",
        "List-Id": "<morning.opos.example.com>", "List-Unsubscribe": f"<https://opos.example/unsubscribe/{'t' * 180}>",
    }  # fmt: skip
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: <{MAILING.unsubscribe}>\r\n".encode() in box.raw[0]
    assert max(map(len, box.raw[0].splitlines())) <= 998
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().splitlines() == DIGEST.text.splitlines()
    assert html.get_content().strip() == MAILING.html


def test_a_digest_that_is_sent_again_is_the_same_mail_to_the_byte(mailbox: tuple[Mailbox, SmtpMail]) -> None:
    box, channel = mailbox
    channel.send(DIGEST, "key1")
    CLOCK.advance(hours=3)
    channel.send(DIGEST, "key1")
    assert box.raw[0] == box.raw[1]


def test_without_https_no_mail_program_is_told_to_post(mailbox: tuple[Mailbox, SmtpMail]) -> None:
    box, channel = mailbox
    local = MAILING._replace(unsubscribe="http://127.0.0.1:8080/unsubscribe/t")
    channel.send(DIGEST._replace(mailing=local), "key1")
    assert (box.mails[0]["List-Unsubscribe"], box.mails[0]["List-Unsubscribe-Post"]) == (
        "<http://127.0.0.1:8080/unsubscribe/t>", None,
    )  # fmt: skip


@dataclass
class Strict(Mailbox):
    """Refuses at every other stage than DATA, as `at` says."""

    at: str = ""
    code: str = "550"

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, sender: str, options: Any) -> str:
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return f"{self.code} no" if self.at == "MAIL" else "250 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _options: Any) -> str:
        envelope.rcpt_tos.append(to)
        return f"{self.code} no" if self.at == "RCPT" else "250 OK"


@contextmanager
def mail_server(box: Mailbox, **settings: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, **settings)
    controller.start()
    yield port
    controller.stop()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()  # asyncio leaves a server's broken TLS connections to the collector


class Unfriendly(Mailbox):
    async def handle_QUIT(self, *_: Any) -> str:
        return "421 not like this"


def test_what_a_server_has_taken_it_has_taken_however_it_answers_our_leave() -> None:
    with mail_server(box := Unfriendly()) as port:
        channel = SmtpMail(f"smtp://127.0.0.1:{port}", sender="a@b.example", to="c@d.example", clock=CLOCK)
        assert "accepted" in channel.send(DIGEST, "key1").detail
    assert len(box.mails) == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
@pytest.mark.parametrize(("code", "permanent"), [("550", True), ("450", False)])
def test_at_every_stage_5xx_is_for_good_and_4xx_for_now(stage: str, code: str, *, permanent: bool) -> None:
    with mail_server(Strict(at=stage, code=code)) as port:
        channel = SmtpMail(f"smtp://127.0.0.1:{port}", sender="a@b.example", to="c@d.example", clock=CLOCK)
        with pytest.raises(DeliveryError) as fault:
            channel.send(DIGEST, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("rejected", permanent)


class Login:
    """Takes the password `right`; answers 454 to `later`."""

    def __call__(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        if data.password == b"later":
            return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")
        return AuthResult(success=data.password == b"right", handled=False)


DAY = timedelta(days=1)


def certificate(folder: Path, name: str, valid: tuple[timedelta, timedelta] = (-DAY, DAY)) -> ssl.SSLContext:
    """A server's TLS with a certificate that only `SSL_CERT_FILE` in *folder* vouches for, from and to so far from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now + valid[0]).not_valid_after(now + valid[1])
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    ("password", "reason", "permanent"),
    [("right", None, None), ("wrong", "unauthorized", True), ("later", "unauthorized", False)],
)
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_over_tls_the_password_is_proved_and_what_the_server_says_of_it_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, password: str, reason: str | None, *, permanent: bool
) -> None:
    tls = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    how = {"ssl_context": tls} if scheme == "smtps" else {"tls_context": tls}
    with mail_server(box := Mailbox(), authenticator=Login(), auth_require_tls=scheme == "smtp", **how) as port:
        channel = SmtpMail(
            f"{scheme}://me:{password}@localhost:{port}", sender="a@b.example", to="c@d.example", clock=CLOCK
        )
        if reason is None:
            channel.send(DIGEST, "key1")
            assert len(box.mails) == 1
            return
        with pytest.raises(DeliveryError) as fault:
            channel.send(DIGEST, "key1")
    assert (fault.value.reason, fault.value.permanent) == (reason, permanent)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_cannot_prove_its_name_gets_neither_password_nor_mail(tmp_path: Path, scheme: str) -> None:
    how = {"ssl_context" if scheme == "smtps" else "tls_context": certificate(tmp_path, "localhost")}
    with mail_server(box := Mailbox(), **how) as port:
        channel = SmtpMail(
            f"{scheme}://me:hunter2@localhost:{port}", sender="a@b.example", to="c@d.example", clock=CLOCK
        )
        with pytest.raises(DeliveryError) as fault:
            channel.send(DIGEST, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("unreachable", False)
    assert "TLS" in fault.value.message
    assert box.mails == []


def test_a_mail_server_that_hangs_costs_its_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.channels.smtp.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        channel = SmtpMail(f"smtp://127.0.0.1:{port}", sender="a@b.example", to="c@d.example", clock=CLOCK)
        with pytest.raises(DeliveryError) as fault:
            channel.send(DIGEST, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("timeout", False)


def test_a_mail_server_that_is_not_there_is_unreachable_for_now() -> None:
    channel = SmtpMail(f"smtp://127.0.0.1:{free_port()}", sender="a@b.example", to="c@d.example", clock=CLOCK)
    with pytest.raises(DeliveryError) as fault:
        channel.send(NOTICE, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("unreachable", False)


def test_a_password_is_not_sent_without_tls(mailbox: tuple[Mailbox, SmtpMail]) -> None:
    _, channel = mailbox
    with_password = SmtpMail(
        channel.url.replace("//", "//me:hunter2@"), sender="a@b.example", to="c@d.example", clock=CLOCK
    )
    with pytest.raises(DeliveryError) as fault:
        with_password.send(NOTICE, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("misconfigured", True)
    assert "hunter2" not in f"{fault.value}{with_password!r}"


class Receiver(BaseHTTPRequestHandler):
    status = 200
    received: list[Any]

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(self.status)
        self.send_header("location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.received.append("was asked by GET")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def posted(answer: int = 200) -> Iterator[tuple[type[Receiver], str]]:
    handler = type("OneReceiver", (Receiver,), {"received": [], "status": answer})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield handler, f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def phone() -> Iterator[tuple[type[Receiver], str]]:
    yield from posted()


def test_ntfy_gets_the_page_with_a_button_that_acknowledges(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    receipt = NtfyTopic(f"http://me:p%40ss@{address}/alerts", CLOCK).send(NOTICE, "key1")
    assert receipt.detail == "HTTP 200"
    (message,) = received.received
    assert message == {
        "topic": "alerts", "sequence_id": "key1", "title": "Disk  Bcc: all@example.com", "message": "97 % full", "priority": 5, "click": "https://grafana.example",
        "actions": [
            {"action": "http", "label": "Acknowledge", "url": "https://opos.example/ack/t", "method": "POST", "clear": True},
            {
                "action": "http", "label": "Snooze 1 h", "url": "https://opos.example/ack/t/snooze/1h", "method": "POST",
                "clear": True,
            },
            {"action": "view", "label": "Look", "url": "https://opos.example/ack/t"},
        ],
    }  # fmt: skip


RESOLVED = Notice("Resolved: Disk", "Its sender resolved it.", "https://grafana.example", resolves="page1")


def test_ntfy_shows_a_resolved_notice_in_place_of_the_page_and_quietly(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    channel = NtfyTopic(f"http://{address}/alerts", CLOCK)
    channel.send(NOTICE, "page1")
    channel.send(RESOLVED, "notice1")
    page, notice = received.received
    assert (page["sequence_id"], notice["sequence_id"]) == ("page1", "page1")
    assert (notice["priority"], "actions" in notice) == (2, False)


def test_slack_and_apprise_mark_a_resolved_notice(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    SlackWebhook(f"http://{address}/services/T/B/x", CLOCK).send(RESOLVED, "notice1")
    AppriseService(f"json://{address}/", CLOCK).send(RESOLVED, "notice1")
    slack, apprise = received.received
    assert slack["text"].startswith(":white_check_mark: *")
    assert apprise["type"] == "success"


def test_a_resolved_notice_is_an_answer_to_the_mail_of_its_page(mailbox: tuple[Mailbox, SmtpMail]) -> None:
    box, channel = mailbox
    channel.send(NOTICE, "page1")
    channel.send(RESOLVED, "notice1")
    page, notice = box.mails
    assert notice["In-Reply-To"] == notice["References"] == page["Message-ID"]


def test_slack_gets_the_page_with_links_that_no_title_can_break(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    notice = Notice(
        "<!channel> a|b & c", "<script>", "https://x.example/?a=1&b=|", "https://opos.example/ack/t", "critical"
    )
    SlackWebhook(f"http://{address}/services/T/B/x", CLOCK).send(notice, "key1")
    (message,) = received.received
    assert message["text"].splitlines() == [
        ":rotating_light: *<https://x.example/?a=1&amp;b=%7C|&lt;!channel&gt; a/b &amp; c>*",
        "&lt;script&gt;",
        "<https://opos.example/ack/t|Acknowledge or snooze>",
    ]
    assert message["unfurl_links"] is False


@pytest.mark.parametrize("make", [NtfyTopic, SlackWebhook])
@pytest.mark.parametrize(
    ("answer", "reason", "permanent"),
    [
        (500, "rejected", False), (503, "rejected", False), (429, "rate_limited", False), (404, "rejected", True),
        (401, "unauthorized", True), (302, "rejected", True),
    ],
)  # fmt: skip
def test_an_answer_says_whether_a_retry_could_help(make: Any, answer: int, reason: str, *, permanent: bool) -> None:
    for received, address in posted(answer):
        channel = make(f"http://{address}/topic-secret", CLOCK)
        with pytest.raises(DeliveryError) as fault:
            channel.send(NOTICE, "key1")
        assert (fault.value.reason, fault.value.permanent) == (reason, permanent)
        assert "was asked by GET" not in received.received
        assert "topic-secret" not in f"{fault.value}{channel!r}"


@pytest.mark.parametrize(("status", "after"), [(429, 90), (503, 90), (500, 0), (404, 0)])
def test_a_receiver_that_has_too_much_to_do_says_when_to_come_back(status: int, after: int) -> None:
    answer = b"HTTP/1.1 %d No\r\nretry-after: 90\r\nconnection: close\r\n\r\n" % status
    with serving(receiver := Dripping(0.0, answer=answer)), pytest.raises(DeliveryError) as fault:
        SlackWebhook(f"http://{receiver.address}/hook", CLOCK).send(NOTICE, "key1")
    assert fault.value.after == after


@pytest.mark.parametrize("make", [NtfyTopic, SlackWebhook])
def test_a_receiver_that_is_not_there_is_unreachable_and_an_address_that_is_none_is_misconfigured(make: Any) -> None:
    for url, reason in ((f"http://127.0.0.1:{free_port()}/topic", "unreachable"), ("nonsense", "misconfigured")):
        with pytest.raises(DeliveryError) as fault:
            make(url, CLOCK).send(NOTICE, "key1")
        assert (fault.value.reason, fault.value.permanent) == (reason, reason == "misconfigured")


def test_the_external_checker_is_called_and_its_absence_is_only_logged(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    call(f"http://{address}/ping/uuid")
    assert received.received == ["was asked by GET"]
    call(f"http://127.0.0.1:{free_port()}/ping/uuid")


def test_an_external_checker_that_drips_does_not_hold_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.channels.http_post.TIMEOUT", 0.2)
    with serving(checker := Dripping(0.05, answer=ENDLESS)):
        call(f"http://{checker.address}/ping/uuid")
    assert checker.requests == 1


@pytest.fixture
def receiver() -> Iterator[tuple[type[Receiver], AppriseService]]:
    handler = type("OneReceiver", (Receiver,), {"received": [], "status": 200})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield handler, AppriseService(f"json://127.0.0.1:{server.server_port}/hook", CLOCK)
    server.shutdown()
    server.server_close()


def test_an_apprise_service_receives_the_page_with_its_links(receiver: tuple[type[Receiver], AppriseService]) -> None:
    handler, channel = receiver
    channel.send(NOTICE, "key1")
    (received,) = handler.received
    assert received["type"] == "failure"
    assert all(part in received["message"] for part in (NOTICE.text, NOTICE.link, NOTICE.ack_url))


@pytest.mark.parametrize("status", [500, 404, 302])
def test_an_apprise_service_that_does_not_take_it_is_an_error(
    receiver: tuple[type[Receiver], AppriseService], status: int
) -> None:
    handler, channel = receiver
    handler.status = status
    with pytest.raises(DeliveryError):
        channel.send(NOTICE, "key1")
    assert len(handler.received) == 1, "a redirect is not followed"


def test_an_address_that_apprise_does_not_know_is_misconfigured_for_good_and_not_shown() -> None:
    with pytest.raises(DeliveryError) as fault:
        AppriseService("nosuch://secret-token", CLOCK).send(NOTICE, "key1")
    assert (fault.value.reason, fault.value.permanent) == ("misconfigured", True)
    assert "secret-token" not in str(fault.value)


def test_the_console_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleLine(CLOCK).send(NOTICE, "key1")
    assert capsys.readouterr().out == "PAGE Disk  Bcc: all@example.com [key1]\n"


def test_ntfy_and_apprise_are_told_that_a_digest_is_markdown(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    notice = Notice("Disk full", "**Needs a look**", markup="markdown")
    for channel in (NtfyTopic(f"http://{address}/alerts", CLOCK), AppriseService(f"json://{address}/", CLOCK)):
        channel.send(notice, "key1")
    pushed, posted = received.received
    assert (pushed["markdown"], pushed["message"]) == (True, "**Needs a look**")
    assert posted["message"] == "**Needs a look**"


def test_slack_gets_a_digest_in_its_own_words(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    text = "*Needs a look*\n<https://x.example|Disk>"
    SlackWebhook(f"http://{address}/services/T/B/x", CLOCK).send(Notice("Disk", text, markup="slack"), "key1")
    assert received.received[0]["text"].endswith(text)


def test_each_channel_says_how_long_a_text_it_takes() -> None:
    forms = {
        "discord": AppriseService("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", CLOCK).form,
        "ntfy": NtfyTopic("https://ntfy.example/t", CLOCK).form,
        "slack": SlackWebhook("https://hooks.example", CLOCK).form,
        "discord's slack": SlackWebhook("https://discord.com/api/webhooks/1/token/slack", CLOCK).form,
    }
    assert {name: (form.limit, form.unit) for name, form in forms.items()} == {
        "discord": (1750, "utf-16"), "ntfy": (4096, "json"), "slack": (3650, "utf-16"),
        "discord's slack": (1650, "utf-16"),
    }  # fmt: skip
