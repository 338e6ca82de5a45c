"""What a service that sends messages needs from its context."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from shared.context import Context
from shared.services.slo.context import MeasuredContext

if TYPE_CHECKING:
    from shared.ports import Doc, Notice
    from shared.services.outbox.sends import Sends

Render = Callable[["Doc", Context], "Notice"]
"""Makes the notice of a message from its document, in the form of its channel."""


class OutboxContext(MeasuredContext, Protocol):
    @property
    def sends(self) -> "Sends":
        """What this process remembers of its attempts to send messages."""
        ...

    @property
    def notices(self) -> Mapping[str, Render]:
        """The renderers of messages that are stored as data, by the field of the document that has the data."""
        ...
