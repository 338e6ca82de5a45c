"""Channels against real receivers on loopback."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.adapters.channels.apprise import AppriseService
from shared.adapters.channels.console import ConsoleLine
from shared.adapters.channels.email import SmtpMail
from shared.errors import DeliveryError
from shared.ports import Notice
from tests.fakes import FakeClock

NOTICE = Notice(
    "Disk\r\nBcc: all@example.com", "97 % full", "https://grafana.example", "https://opos.example/ack/t", "critical"
)
CLOCK = FakeClock()


@dataclass
class Mailbox:
    """An SMTP server's handler: keeps mail, or answers with `refusal`."""

    refusal: str = ""
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.refusal:
            return self.refusal
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, SmtpMail]]:
    box = Mailbox()
    port = closed_port()
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


def test_a_mail_server_that_is_not_there_is_unreachable_for_now() -> None:
    channel = SmtpMail(f"smtp://127.0.0.1:{closed_port()}", sender="a@b.example", to="c@d.example", clock=CLOCK)
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
        self.received.append("followed a redirect")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[type[Receiver], AppriseService]]:
    handler = type("OneReceiver", (Receiver,), {"received": [], "status": 200})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
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


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
