"""Slack's incoming webhooks and compatible services (Mattermost, Rocket.Chat, Discord's `/slack`).

Opening a link in a message changes nothing, so a preview of it is harmless. Source: Slack documentation, "Sending
messages using incoming webhooks" and "Formatting text" (only `&`, `<` and `>` are escaped).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.adapters.channels.built_message import built
from shared.adapters.channels.http_post import TIMEOUT, post_json
from shared.adapters.channels.reachability import reach
from shared.errors import DeliveryError
from shared.ports import Clock, Form, Notice, Receipt
from shared.values.markup import SLACK, fitting
from shared.values.text import readable, readable_lines

_MARK = {"critical": ":rotating_light:", "warning": ":warning:", "info": ":information_source:"}
_RESOLVED = ":white_check_mark:"
_LONGEST = 3500
"""Slack cuts a message at 4,000 characters."""


@dataclass(frozen=True)
class SlackWebhook:
    url: str = field(repr=False)
    clock: Clock
    form: ClassVar[Form] = Form("slack", _LONGEST)

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002  (a webhook knows no idempotency key)
        status = post_json(self._address, built(_message, notice), {})
        return Receipt(f"HTTP {status}", self.clock.now())

    def reach(self) -> bool:
        """A webhook can only receive messages, so this connects to its host and sends nothing."""
        return reach(self._address, timeout=TIMEOUT)

    @property
    def _address(self) -> str:
        if not self.url.startswith(("https://", "http://")):
            raise DeliveryError("misconfigured", permanent=True, detail="expected https://hooks.slack.com/services/...")
        return self.url


def _message(notice: Notice) -> dict[str, Any]:
    title = SLACK.escape(readable(notice.title))
    named = SLACK.link(title, notice.link) if notice.link else title
    links = [SLACK.link("Acknowledge or snooze", notice.ack_url)] if notice.ack_url else []
    is_escaped = notice.markup == "slack"
    text = notice.text if is_escaped else fitting(readable_lines(notice.text), SLACK.escape, _LONGEST)
    mark = _RESOLVED if notice.resolves else _MARK[notice.severity]
    lines = [f"{mark} *{named}*", text, *links]
    return {"text": "\n".join(line for line in lines if line), "unfurl_links": False, "unfurl_media": False}
