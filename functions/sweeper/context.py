"""The context of the sweeper, which does a part of the work of every other function."""

from typing import Protocol

from shared.services.flags.context import FlagContext
from shared.services.health.context import HealthContext
from shared.services.intake.context import IntakeContext
from shared.services.outbox.context import OutboxContext


class SweeperContext(OutboxContext, FlagContext, HealthContext, IntakeContext, Protocol):
    pass
