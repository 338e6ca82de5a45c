"""Slack's incoming webhooks and compatible services (Mattermost, Rocket.Chat, Discord's `/slack`).

Opening a link in a message changes nothing, so a preview of it is harmless. Source: Slack documentation, "Sending
messages using incoming webhooks" and "Formatting text" (only `&`, `<` and `>` are escaped).
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.adapters.channels.built_message import built
from shared.adapters.channels.http_post import TIMEOUT, post_json
from shared.adapters.channels.notice_links import fitting_links
from shared.adapters.channels.reachability import reach, unreadable
from shared.errors import DeliveryError
from shared.ports import Clock, Form, Notice, Receipt
from shared.values.excerpt import SIZES, Unit, excerpt
from shared.values.markup import SLACK
from shared.values.text import readable, readable_lines

_MARK = {"critical": ":rotating_light:", "warning": ":warning:", "info": ":information_source:"}
_RESOLVED = ":white_check_mark:"
_LIMIT, _DISCORD = 4000, 2000
"""Characters in a message. Sources: Slack documentation, "chat.postMessage" (`text`); Discord documentation, "Execute
Slack-Compatible Webhook" and "Create Message" (`content`). Mattermost (16,383) and Rocket.Chat (5,000) accept more.
"""
_TITLE, _HEAD = 300, 350
"""Characters of the title as it is escaped, and of the whole line with it but for its link."""
_UNIT: Unit = "utf-16"
"""None of these services counts more than this for a character, such as an emoji."""
_size = SIZES[_UNIT]


@dataclass(frozen=True)
class SlackWebhook:
    url: str = field(repr=False)
    clock: Clock

    @property
    def form(self) -> Form:
        return Form("slack", self._limit - _HEAD, _UNIT)

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002  (a webhook knows no idempotency key)
        answer = post_json(self._address, built(self._message, notice), {})
        return Receipt(f"HTTP {answer.status}", self.clock.now(), answer.words)

    def reach(self) -> bool:
        """A webhook can only receive messages, so this connects to its host and sends nothing."""
        return reach(self._address, timeout=TIMEOUT)

    @property
    def _address(self) -> str:
        if not self.url.startswith(("https://", "http://")):
            raise DeliveryError("misconfigured", permanent=True, detail="expected https://hooks.slack.com/services/...")
        return self.url

    @property
    def _limit(self) -> int:
        """Discord's limit also for a proxy in front of it, whose path ends as Discord's does."""
        try:
            path = urlsplit(self._address).path
        except ValueError:
            raise unreadable() from None
        return _DISCORD if path.rstrip("/").endswith("/slack") else _LIMIT

    def _message(self, notice: Notice) -> dict[str, Any]:
        head, tail = _head_and_tail(notice, self._limit // 2)
        room = self._limit - _size(f"{head}\n\n{tail}")
        text = notice.text if notice.markup == "slack" else _escaped(readable_lines(notice.text), room)
        content = "\n".join(line for line in (head, text, tail) if line)
        return {"text": content, "unfurl_links": False, "unfurl_media": False}


def _head_and_tail(notice: Notice, room: int) -> tuple[str, str]:
    """The line with the title and the link, of which a text in Slack's format has its own, and the one to act."""
    title = _escaped(readable(notice.title), _TITLE)
    links = fitting_links(notice, room, lambda url: _size(SLACK.link("", url)))
    named = SLACK.link(title, links.link) if links.link and notice.markup != "slack" else title
    mark = _RESOLVED if notice.resolves else _MARK[notice.severity]
    return f"{mark} *{named}*", SLACK.link("Acknowledge or snooze", links.ack) if links.ack else ""


def _escaped(text: str, room: int) -> str:
    """*text*, or what of it fits into *room*, cut before it is escaped, so that no escape is broken."""
    return SLACK.escape(excerpt(text, room, lambda part: _size(SLACK.escape(part))))
