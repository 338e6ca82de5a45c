"""The services that Apprise supports, such as Pushover, Telegram or Matrix, by their URL.

Source: Apprise documentation. The URL is a secret: it is never logged and never part of an error.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.adapters.channels.addressees import Service
from shared.adapters.channels.apprise_message import message
from shared.adapters.channels.apprise_services import Shape, shape
from shared.adapters.channels.built_message import built
from shared.adapters.channels.http_post import Refused
from shared.errors import DeliveryError
from shared.ports import Clock, Form, Notice, Receipt

if TYPE_CHECKING:
    import apprise

_LEVEL = {"critical": "failure", "warning": "warning", "info": "info"}
_STATUS = re.compile(r"\berror=([345]\d\d)\b")
"""The status of an HTTP answer that is no success, in what Apprise logs about it."""


@dataclass
class AppriseService:
    url: Service = field(repr=False)
    clock: Clock

    @property
    def form(self) -> Form:
        form = self._shape.form
        return form._replace(limit=form.limit - self._shape.head)

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002  (these services know no idempotency key)
        result = self._service.notify(**built(self._message, notice))
        if not result:
            raise _refusal(result)
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

    @cached_property
    def _shape(self) -> Shape:
        return shape(list(self._service))

    def _message(self, notice: Notice) -> dict[str, Any]:
        level = "success" if notice.resolves else _LEVEL[notice.severity]
        return {**message(notice, self._shape), "notify_type": level}


def _refusal(result: "apprise.AppriseResult") -> DeliveryError:
    """Why *result* is no success. Apprise says so only in its log, which may quote the URL: only statuses are read."""
    refusals = [Refused(int(status)) for entry in result.logs() for status in _STATUS.findall(entry.message)]
    for refusal in sorted(refusals, key=lambda refusal: refusal.permanent):
        return refusal
    return DeliveryError("unreachable")
