"""ntfy: a push notification with a button that acknowledges.

Sources: ntfy documentation, "Publish as JSON", "Action buttons", "Updating + deleting notifications" and "Health
checks". The key is the message's `id` for receivers that accept one. It is also its sequence id: from ntfy 2.16 on, a
message with the same one replaces the notification on the phone; earlier servers ignore it and show another.
"""

import base64
import json
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from shared.adapters.channels.built_message import built
from shared.adapters.channels.http_post import ask, post_json
from shared.adapters.channels.reachability import unreadable
from shared.errors import DeliveryError
from shared.ports import Clock, Form, Notice, Receipt
from shared.values.text import readable, readable_lines

_PRIORITY = {"critical": 5, "warning": 4, "info": 3}
_QUIET = 2
"""The priority of a message that makes no sound."""
_LONGEST = 4000
"""ntfy turns a message above 4,096 bytes into an attachment, so longer texts are cut here."""


@dataclass(frozen=True)
class NtfyTopic:
    url: str = field(repr=False)
    clock: Clock
    form: ClassVar[Form] = Form("markdown", _LONGEST)

    def send(self, notice: Notice, key: str) -> Receipt:
        server, topic, headers = _address(self.url)
        status = post_json(
            server,
            {"topic": topic, "sequence_id": notice.resolves or key, **built(_message, notice)},
            {**headers, "x-message-id": key},
        )
        return Receipt(f"HTTP {status}", self.clock.now())

    def reach(self) -> bool:
        """True, also for a server whose proxy blocks the health address: it answered."""
        server, _, headers = _address(self.url)
        if _is_unwell(ask(f"{server}v1/health", headers)):
            raise DeliveryError("rejected", detail="the server reports that it is unhealthy")
        return True


def _address(url: str) -> tuple[str, str, dict[str, str]]:
    """The server, the topic and the headers that authenticate the sender."""
    parts = _parts(url)
    base, _, topic = parts.path.rpartition("/")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not topic:
        raise DeliveryError("misconfigured", permanent=True, detail="expected https://server/topic")
    host = parts.netloc.rpartition("@")[2]
    server = urlunsplit((parts.scheme, host, f"{base}/", "", ""))
    if not parts.username:
        return server, topic, {}
    proof = base64.b64encode(f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()).decode()
    return server, topic, {"authorization": f"Basic {proof}"}


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise unreadable() from None


def _is_unwell(health: bytes) -> bool:
    try:
        status = json.loads(health)
    except ValueError:
        return False
    return isinstance(status, dict) and status.get("healthy") is False


def _message(notice: Notice) -> dict[str, Any]:
    title, text = readable(notice.title), readable_lines(notice.text)
    body = (text or title).encode()[:_LONGEST].decode("utf-8", "ignore")
    content: dict[str, Any] = {
        "title": title,
        "message": body,
        "priority": _QUIET if notice.resolves else _PRIORITY[notice.severity],
    }
    if notice.markup == "markdown":
        content["markdown"] = True
    if click := notice.link or notice.ack_url:
        content["click"] = click
    if notice.ack_url:
        content["actions"] = [
            _button("Acknowledge", notice.ack_url),
            _button("Snooze 1 h", f"{notice.ack_url}/snooze/1h"),
            {"action": "view", "label": "Look", "url": notice.ack_url},
        ]
    return content


def _button(label: str, url: str) -> dict[str, Any]:
    """A button that acts immediately, and removes the notification on success."""
    return {"action": "http", "label": label, "url": url, "method": "POST", "clear": True}
