"""The message of a push, as the browser shows it.

Its shape is that of Declarative Web Push, which Safari shows on its own; the service worker of the console reads the
same for other browsers. Sources: W3C Push API, "Declarative push message"; WHATWG Notifications (a silent notification
has no `renotify`); RFC 8030, sections 5.3 (Urgency) and 5.4 (Topic: 32 characters of base64url).
"""

import hashlib
from typing import Any, Literal

from shared.adapters.channels.http_post import json_body
from shared.adapters.channels.notice_links import fitting_links
from shared.ports import Form, Notice
from shared.values.excerpt import excerpt
from shared.values.text import readable, readable_lines
from shared.values.vapid import encoded

FORM = Form("plain", 1200, "json")
MOST = 2900
"""Bytes of a message before encryption. RFC 8030 lets a service refuse more than 4,096 encrypted ones, and some of them
wrap it once more in base64.
"""
_TITLE, _LINKS = 400, 750
_DECLARATIVE = 8030
Urgency = Literal["high", "normal", "low"]
_URGENCY: dict[str, Urgency] = {"warning": "normal", "info": "normal"}


def urgency(notice: Notice) -> Urgency:
    """When a device that saves its battery shows the message: a critical one immediately."""
    return "low" if notice.resolves else _URGENCY.get(notice.severity, "high")


def topic(notice: Notice, key: str) -> str:
    """What the message is about: a later one about the same replaces it, on its way and on the device."""
    about = notice.group or notice.resolves or key
    return encoded(hashlib.sha256(about.encode("utf-8", "replace")).digest()[:24])


def message(notice: Notice, key: str) -> bytes:
    """The JSON of *notice*, at most MOST bytes: the title and the links before the text."""
    links = fitting_links(notice, _LINKS, FORM.size)
    title = excerpt(readable(notice.title), _TITLE, FORM.size) or "opos"
    first = links.ack or links.link
    shown = {
        "title": title, "body": "", "navigate": first or "/", "tag": topic(notice, key), "icon": "/icon-192.png",
        **_manners(notice), **_buttons(links.ack, links.link),
    }  # fmt: skip
    form = {"web_push": _DECLARATIVE} if first else {}
    room = MOST - len(json_body({**form, "notification": shown}))
    body = excerpt(readable_lines(notice.text), min(room, FORM.limit), FORM.size)
    return json_body({**form, "notification": {**shown, "body": body}})


def _manners(notice: Notice) -> dict[str, Any]:
    """A notification rings again although it replaces another; a critical one stays until somebody reacts."""
    if notice.resolves:
        return {"silent": True}
    return {"renotify": True, "requireInteraction": urgency(notice) == "high"}


def _buttons(ack: str, link: str) -> dict[str, Any]:
    """Each opens a page. A push has no button that acts without one."""
    named = [("acknowledge", "Acknowledge", ack), ("look", "Look", link)]
    actions = [{"action": action, "title": title, "navigate": url} for action, title, url in named if url]
    return {"actions": actions} if ack else {}
