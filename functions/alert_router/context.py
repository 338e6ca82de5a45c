"""What the router is handed."""

from typing import TYPE_CHECKING, Protocol

from shared.services.outbox.context import OutboxContext

if TYPE_CHECKING:
    from shared.digest.queue_estimate import Tally


class RouterContext(OutboxContext, Protocol):
    @property
    def tally(self) -> "Tally":
        """What this process knows of the length of each queue, to count it less often."""
        ...
