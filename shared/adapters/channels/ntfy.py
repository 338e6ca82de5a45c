"""ntfy: a push notification with a button that acknowledges.

Sources: ntfy documentation, "Publish as JSON", "Action buttons", "Updating + deleting notifications", "Access tokens",
"Query param", "Limitations" and "Health checks". The key is the message's `id` for receivers that accept one, and its
sequence id: from ntfy 2.16 on, a message with the same one replaces the notification on the phone; earlier servers
ignore it and show another.
"""

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.adapters.channels.built_message import built
from shared.adapters.channels.http_post import ask, json_body, post_json
from shared.adapters.channels.notice_links import fitting_links
from shared.adapters.channels.ntfy_address import address
from shared.errors import DeliveryError
from shared.ports import Clock, Form, Notice, Receipt
from shared.values.excerpt import excerpt
from shared.values.text import readable, readable_lines

_PRIORITY = {"critical": 5, "warning": 4, "info": 3}
_QUIET = 2
"""The priority of a message that makes no sound."""
_MESSAGE, _BODY = 4096, 8192
"""Bytes in a message, and in the JSON around it, of which a server accepts twice as many. It makes an attachment of a
longer message, or rejects it. Sources: ntfy documentation, "Limitations"; ntfy, `server/server.go` (the JSON).
"""
_TITLE, _LINKS = 800, 2500


@dataclass(frozen=True)
class NtfyTopic:
    url: str = field(repr=False)
    clock: Clock
    form: ClassVar[Form] = Form("markdown", _MESSAGE, "json")

    def send(self, notice: Notice, key: str) -> Receipt:
        server = address(self.url)
        content = built(lambda notice: _content(server.topic, notice, key), notice)
        answer = post_json(server.publish, content, {**server.headers, "x-message-id": key})
        return Receipt(f"HTTP {answer.status}", self.clock.now(), answer.words)

    def reach(self) -> bool:
        """True, also for a server whose proxy blocks the health address: it answered."""
        server = address(self.url)
        if _is_unwell(ask(server.health, server.headers)):
            raise DeliveryError("rejected", detail="the server reports that it is unhealthy")
        return True


def _is_unwell(health: bytes) -> bool:
    try:
        status = json.loads(health)
    except ValueError:
        return False
    return isinstance(status, dict) and status.get("healthy") is False


def _content(topic: str, notice: Notice, key: str) -> dict[str, Any]:
    title = excerpt(readable(notice.title), _TITLE, NtfyTopic.form.size)
    content = {
        "topic": topic, "title": title, "message": "", "sequence_id": notice.resolves or key,
        "priority": _QUIET if notice.resolves else _PRIORITY[notice.severity], **_links(notice),
    }  # fmt: skip
    if notice.markup == "markdown":
        content["markdown"] = True
    room = min(_MESSAGE, _BODY - len(json_body(content)))
    return {**content, "message": excerpt(readable_lines(notice.text) or title, room, NtfyTopic.form.size)}


def _links(notice: Notice) -> dict[str, Any]:
    links = fitting_links(notice, _LINKS, NtfyTopic.form.size)
    click = {"click": links.link or links.ack} if links.link or links.ack else {}
    if not notice.ack_url:
        return click
    buttons = [
        _button("Acknowledge", notice.ack_url),
        _button("Snooze 1 h", f"{notice.ack_url}/snooze/1h"),
        {"action": "view", "label": "Look", "url": notice.ack_url},
    ]
    return {**click, "actions": buttons}


def _button(label: str, url: str) -> dict[str, Any]:
    """A button that acts immediately, and removes the notification on success."""
    return {"action": "http", "label": label, "url": url, "method": "POST", "clear": True}
