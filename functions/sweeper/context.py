"""What the sweeper is handed: it does a part of what every other function does."""

from typing import Protocol

from shared.services.flags.context import FlagContext
from shared.services.health.context import HealthContext
from shared.services.outbox.context import OutboxContext


class SweeperContext(OutboxContext, FlagContext, HealthContext, Protocol):
    pass
