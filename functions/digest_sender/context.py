"""What the digest sender needs from its context."""

from typing import Protocol

from shared.services.flags.context import FlagContext
from shared.services.outbox.context import OutboxContext


class ReviewContext(OutboxContext, FlagContext, Protocol):
    """The weekly review also reports on flags."""
