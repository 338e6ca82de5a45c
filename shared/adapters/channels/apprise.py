"""The services that Apprise supports, such as Pushover, Telegram or Matrix, by their URL.

Source: Apprise documentation. The URL is a secret: it is never logged and never part of an error.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.adapters.channels.addressees import Service
from shared.adapters.channels.built_message import built
from shared.errors import DeliveryError
from shared.ports import Clock, Form, Notice, Receipt
from shared.values.markup import unformatted, unformatted_url
from shared.values.text import readable, readable_lines

if TYPE_CHECKING:
    import apprise

_HEAD = 250
"""Characters to reserve for the title, for services that have no separate field for it."""
_LEVEL = {"critical": "failure", "warning": "warning", "info": "info"}


@dataclass
class AppriseService:
    url: Service
    clock: Clock

    @property
    def form(self) -> Form:
        return Form("markdown", min(server.body_maxlen for server in self._service) - _HEAD)

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002  (these services know no idempotency key)
        if not self._service.notify(**built(_message, notice)):
            raise DeliveryError("unreachable")
        return Receipt("accepted by the service", self.clock.now())

    def reach(self) -> bool:
        """False: Apprise can only send."""
        return False

    @cached_property
    def _service(self) -> "apprise.Apprise":
        import apprise

        # A redirect could send the message, and the secret in the URL, to a stranger. Apprise must use no thread of its
        # own: that would outlive the call, and all channels share only a few.
        asset = apprise.AppriseAsset(http_redirects=False, async_mode=False, service_timeout=0)
        service = apprise.Apprise(asset=asset)
        if not service.add(self.url if isinstance(self.url, str) else dict(self.url)):
            raise DeliveryError("misconfigured", permanent=True, detail="Apprise does not support this kind of URL")
        return service


def _message(notice: Notice) -> dict[str, Any]:
    """Markdown, from which Apprise makes what the service shows. Some services show it as it is, so a page has no
    character that Markdown would have to escape.
    """
    title, text = unformatted(readable(notice.title)), readable_lines(notice.text)
    lines = [
        text if notice.markup == "markdown" else unformatted(text),
        unformatted_url(notice.link),
        f"Acknowledge: {unformatted_url(notice.ack_url)}" if notice.ack_url else "",
    ]
    body = "\n".join(line for line in lines if line) or title
    level = "success" if notice.resolves else _LEVEL[notice.severity]
    return {"title": title, "body": body, "notify_type": level, "body_format": "markdown"}
