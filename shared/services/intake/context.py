"""The context of the services that receive webhooks."""

from typing import TYPE_CHECKING, Protocol

from shared.context import Context

if TYPE_CHECKING:
    from shared.services.intake.rejections import Rejections


class IntakeContext(Context, Protocol):
    @property
    def rejections(self) -> "Rejections":
        """The rejections that this process has counted."""
        ...
