"""Receivers on loopback that reject what the real ones reject, by their documentation or source.

They are kinder than the real ones in this: none limits the rate, ntfy does not pass messages on to Firebase, Telegram
checks no address in a link, and Slack, which would cut a text after 40,000 characters, rejects it above the 4,000 that
it recommends.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.support.http_server import Quiet, served

Verdict = tuple[int, dict[str, Any]]
TOKEN, LOGIN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2", "me:p@ss"


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@dataclass
class Posted:
    """A request: its path with the query, its headers in lower case, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The fields, also those of a form."""
        if self.headers.get("content-type", "").startswith("application/x-www-form"):
            return dict(parse_qsl(self.body.decode()))
        return json.loads(self.body)


def ntfy(posted: Posted) -> Verdict:
    """Source: ntfy, server/server.go (transformBodyJSON, handleBodyAsAttachment, authenticate) and server/actions.go."""
    if len(posted.body) > 2 * 4096:
        return 413, {"code": 41301, "error": "JSON body too large"}
    message = posted.json
    if len(message["message"].encode()) > 4096:
        return 400, {"code": 40014, "error": "invalid request: attachments not allowed"}
    if len(message.get("actions", [])) > 3 or not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message["topic"]):
        return 400, {"code": 40018, "error": "invalid request: actions invalid, or topic invalid"}
    return 200, {"id": "sPs71M8A2T", "event": "message", "topic": message["topic"]}


def private_ntfy(posted: Posted) -> Verdict:
    """A server that everybody must log in to."""
    raw = parse_qs(urlsplit(posted.path).query).get("auth", [""])[0]
    proof = base64.urlsafe_b64decode(raw + "==").decode() if raw else posted.headers.get("authorization", "")
    scheme, _, value = proof.partition(" ")
    login = base64.b64decode(value).decode() if scheme == "Basic" else f":{value}"
    if not proof:
        return 403, {"code": 40301, "error": "forbidden"}
    return ntfy(posted) if login in {f":{TOKEN}", LOGIN} else (401, {"code": 40101, "error": "unauthorized"})


class _TelegramHtml(HTMLParser):
    """Source: Telegram Bot API, "HTML style"."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.open, self.fault, self.links = "", list[str](), "", list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in {"b", "strong", "i", "em", "u", "ins", "s", "a", "code", "pre", "blockquote"}:
            self.fault = f'Unsupported start tag "{tag}"'

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.fault = f'Unexpected end tag "{tag}"'

    def handle_data(self, data: str) -> None:
        self.text += data


def telegram(posted: Posted) -> Verdict:
    """Source: Telegram Bot API, "sendMessage" and "Formatting options"."""
    message = posted.json
    raw = message["text"]
    if message["parse_mode"] != "HTML":
        inside = re.sub(r"\\[_*`\[]|\[[^\]]*\]\([^)]*\)", "", raw)
        unclosed = [mark for mark in "_*`" if inside.count(mark) % 2]
        return (400, _parse_fault("can't find end of the entity")) if unclosed else (200, {"ok": True, "result": {}})
    if re.search(r"<(?![a-z/])|&(?!lt;|gt;|amp;|quot;|#)", raw):
        return 400, _parse_fault("Unsupported start tag")
    page = _TelegramHtml()
    page.feed(raw)
    if page.fault or page.open:
        return 400, _parse_fault(page.fault or "Can't find end tag")
    if utf16(page.text) > 4096:
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: message is too long"}
    return 200, {"ok": True, "result": {}}


def _parse_fault(reason: str) -> dict[str, Any]:
    return {"ok": False, "error_code": 400, "description": f"Bad Request: can't parse entities: {reason}"}


def pushover(posted: Posted) -> Verdict:
    """Source: Pushover, "Message API", "Limitations": 1,024 and 250 UTF-8 characters."""
    message = posted.json
    if len(message["message"]) > 1024 or len(message["title"]) > 250:
        return 400, {"status": 0, "errors": ["message is too long"]}
    return 200, {"status": 1}


def discord(posted: Posted) -> Verdict:
    """Source: Discord, "Execute Webhook" and "Execute Slack-Compatible Webhook": 2,000 characters."""
    text = posted.json.get("content") or posted.json.get("text") or ""
    if utf16(text) > 2000:
        return 400, {"content": ["Must be 2000 or fewer in length."]}
    return 200, {}


def slack(posted: Posted) -> Verdict:
    """Source: Slack, "chat.postMessage" (`text`)."""
    return (200, {}) if utf16(posted.json["text"]) <= 4000 else (400, {"error": "msg_too_long"})


@dataclass
class Receiver:
    """A running receiver: where it is, what it accepted, and what it rejected."""

    address: str = ""
    accepted: list[Posted] = field(default_factory=list)
    rejected: list[Posted] = field(default_factory=list)


@contextmanager
def receiving(verdict: Callable[[Posted], Verdict]) -> Iterator[Receiver]:
    """A receiver that answers as *verdict* says."""
    receiver = Receiver()

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            status, content = verdict(posted)
            (receiver.accepted if status == 200 else receiver.rejected).append(posted)
            self.answer(status, json.dumps(content).encode())

    with served(Handler) as port:
        receiver.address = f"127.0.0.1:{port}"
        yield receiver
