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
from shared.adapters.channels.ntfy import NtfyTopic
from shared.adapters.channels.posting import call
from shared.adapters.channels.slack import SlackWebhook
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
        self.received.append("was asked by GET")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def posted(answer: int = 200) -> Iterator[tuple[type[Receiver], str]]:
    handler = type("OneReceiver", (Receiver,), {"received": [], "status": answer})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
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
        "topic": "alerts", "title": NOTICE.title, "message": "97 % full", "priority": 5, "click": "https://grafana.example",
        "actions": [
            {"action": "http", "label": "Acknowledge", "url": "https://opos.example/ack/t", "method": "POST", "clear": True},
            {
                "action": "http", "label": "Snooze 1 h", "url": "https://opos.example/ack/t/snooze/1h", "method": "POST",
                "clear": True,
            },
            {"action": "view", "label": "Look", "url": "https://opos.example/ack/t"},
        ],
    }  # fmt: skip


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


@pytest.mark.parametrize("make", [NtfyTopic, SlackWebhook])
def test_a_receiver_that_is_not_there_is_unreachable_and_an_address_that_is_none_is_misconfigured(make: Any) -> None:
    for url, reason in ((f"http://127.0.0.1:{closed_port()}/topic", "unreachable"), ("nonsense", "misconfigured")):
        with pytest.raises(DeliveryError) as fault:
            make(url, CLOCK).send(NOTICE, "key1")
        assert (fault.value.reason, fault.value.permanent) == (reason, reason == "misconfigured")


def test_the_external_checker_is_called_and_its_absence_is_only_logged(phone: tuple[type[Receiver], str]) -> None:
    received, address = phone
    call(f"http://{address}/ping/uuid")
    assert received.received == ["was asked by GET"]
    call(f"http://127.0.0.1:{closed_port()}/ping/uuid")


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
