"""Hostile text in a message, read from the wire of a real receiver by a reader of its own."""

import base64
import json
import quopri
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from opos.bundle.ports import free_port
from shared.adapters.channels.apprise import AppriseService
from shared.adapters.channels.console import ConsoleLine
from shared.adapters.channels.email import SmtpMail
from shared.adapters.channels.mail_headers import subject
from shared.adapters.channels.ntfy import NtfyTopic
from shared.adapters.channels.slack import SlackWebhook
from shared.ports import Channel, Mailing, Notice
from shared.values.text import readable
from tests.support.fakes import FakeClock
from tests.support.hostile import HOSTILE, LEGITIMATE, controls

CLOCK = FakeClock()
WORDS = [
    "=?utf-8?q?Disk=0d=0aBcc:_all@example.com=0d=0a=0d=0aForged_body?=", "=?utf-8?b?DQpCY2M6IGFAYi5leGFtcGxl?=",
    "=?utf-8?q?=ED=A0=80?=", "=?utf-7?q?+2AA-?=", "=?utf-16?b?2AA=?=", "=?unicode-escape?q?=5Cud800?=", "=?x?y?z?=",
    "=?", "?=", "\r\n", "\r\nBcc: all@example.com", "\ud800", "\x00", "\x85", "\u2028", "a", "é", "\u200d", " ",
]  # fmt: skip
titles = st.lists(st.sampled_from(WORDS), max_size=6).map("".join) | st.text(st.characters(codec=None), max_size=300)
OWN = [b"from", b"to", b"subject", b"message-id", b"auto-submitted", b"date"]


@dataclass
class Wire:
    """An SMTP server that keeps the bytes of each mail."""

    mails: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.mails.append(bytes(envelope.content or b""))
        return "250 OK"


@pytest.fixture(scope="module")
def mail() -> Iterator[tuple[Wire, SmtpMail]]:
    wire, port = Wire(), free_port()
    controller = Controller(wire, hostname="127.0.0.1", port=port)
    controller.start()
    yield wire, SmtpMail(f"smtp://127.0.0.1:{port}", sender="opos@example.com", to="me@example.com", clock=CLOCK)
    controller.stop()


def headers_and_body(mail: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The unfolded headers and the body, as RFC 5322 separates them."""
    head, _, body = mail.partition(b"\r\n\r\n")
    lines = re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")
    return [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)], body


def decoded(header: bytes) -> str:
    """The text of a header (RFC 2047); opos writes no other words than these."""
    if b"=?" not in header:
        return header.decode("ascii")
    words = re.findall(rb"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", header)
    assert header == b" ".join(b"=?utf-8?b?%s?=" % word for word in words)
    return "".join(base64.b64decode(word).decode() for word in words)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=titles)
@example(title=WORDS[0])
@example(title=HOSTILE)
def test_no_title_adds_a_header_or_a_body_and_each_is_read_as_it_was_sent(
    mail: tuple[Wire, SmtpMail], title: str
) -> None:
    wire, channel = mail
    channel.send(Notice(title, "97 % full"), "key")
    headers, body = headers_and_body(wire.mails[-1])
    assert [name for name, _ in headers if not name.startswith((b"content-", b"mime-"))] == OWN
    assert decoded(dict(headers)[b"subject"]) == " ".join(readable(title).split())
    assert quopri.decodestring(body).rstrip() == b"97 % full"
    assert max(map(len, wire.mails[-1].split(b"\r\n"))) <= 998


@given(st.text(min_size=1, max_size=400))
def test_a_line_with_encoded_words_is_short_enough_for_every_reader(title: str) -> None:
    lines = f"Subject: {subject(title)}".split("\r\n")
    assert len(lines) == 1 or max(map(len, lines)) <= 76
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("title", LEGITIMATE)
def test_a_title_in_any_script_arrives(mail: tuple[Wire, SmtpMail], title: str) -> None:
    wire, channel = mail
    channel.send(Notice(title, title, mailing=Mailing(f"<p>{title}</p>", CLOCK.now(), "t", "l")), "key")
    assert decoded(dict(headers_and_body(wire.mails[-1])[0])[b"subject"]) == title
    assert quopri.decodestring(wire.mails[-1]).count(title.encode()) == 2


class Receiver(BaseHTTPRequestHandler):
    received: list[Any]

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def phone() -> Iterator[tuple[list[Any], str]]:
    handler = type("OneReceiver", (Receiver,), {"received": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield handler.received, f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def channels(address: str) -> list[Channel]:
    slack, ntfy = SlackWebhook(f"http://{address}/s", CLOCK), NtfyTopic(f"http://{address}/t", CLOCK)
    return [slack, ntfy, AppriseService(f"json://{address}/", CLOCK)]


def texts(message: dict[str, Any]) -> list[str]:
    return [message[name] for name in ("text", "title", "message") if name in message]


def test_every_receiver_gets_a_hostile_page_as_harmless_text(phone: tuple[list[Any], str]) -> None:
    received, address = phone
    for channel in channels(address):
        channel.send(Notice(HOSTILE, HOSTILE, "https://x.example/a", "https://opos.example/ack/t", "critical"), "key")
        said = texts(received[-1])
        assert controls("".join(said), except_for="\n") == []
        assert "FORGED c" in said[-1]
        if not isinstance(channel, NtfyTopic):  # which shows a page as plain text
            assert not re.search(r"@everyone|<!channel>|\[x\]\(|<b>|`c`|\*d\*", "".join(said))


def test_a_long_page_is_cut_between_the_escapes_of_slack(phone: tuple[list[Any], str]) -> None:
    received, address = phone
    channels(address)[0].send(Notice("Disk", "&" * 3000), "key")
    message = received[-1]["text"]
    text = message.split("\n")[1]
    assert re.fullmatch("(&amp;)+…", text)
    assert 3900 < len(message) <= 4000


BROKEN = Notice("Disk is full", "97 %", "https://x.example/\ud800", "https://opos.example/ack/t", "fatal")


def test_a_notice_that_a_channel_cannot_build_is_sent_as_a_plain_one(
    phone: tuple[list[Any], str], mail: tuple[Wire, SmtpMail], capsys: pytest.CaptureFixture[str]
) -> None:
    received, address = phone
    for channel in channels(address):
        channel.send(BROKEN, "key")
        said = "".join(texts(received[-1]))
        assert "Disk is full" in said
        assert "opos could not show the rest of this message" in said
        assert "https://opos.example/ack/t" in json.dumps(received[-1])
    wire, smtp = mail
    smtp.send(BROKEN, "key")
    assert decoded(dict(headers_and_body(wire.mails[-1])[0])[b"subject"]) == "Disk is full"
    assert b"https://opos.example/ack/t" in quopri.decodestring(wire.mails[-1])
    ConsoleLine(CLOCK).send(BROKEN, "key")
    assert "PAGE Disk is full [key]" in capsys.readouterr().out


def test_the_line_of_the_console_controls_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleLine(CLOCK).send(Notice(HOSTILE, ""), "key")
    assert controls(capsys.readouterr().out, except_for="\n") == []
