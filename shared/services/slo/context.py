"""The context of the services that count how well they did."""

from typing import TYPE_CHECKING, Protocol

from shared.context import Context

if TYPE_CHECKING:
    from shared.services.slo.indicators import Indicators


class MeasuredContext(Context, Protocol):
    @property
    def indicators(self) -> "Indicators":
        """The good and bad outcomes that this process has counted."""
        ...
