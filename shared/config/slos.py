"""The objectives: what share of each indicator must be good."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from shared.slo.burn_rate import Indicator
from shared.values.durations import Duration
from shared.values.section import Section


class Objective(Section):
    """`target` percent of the outcomes must take at most `within`."""

    within: Duration
    target: Annotated[float, Field(gt=0, lt=100)]


def _objective(within: timedelta, target: float) -> Any:
    """Built at first use, to keep the start fast."""
    return Field(default_factory=lambda: Objective(within=within, target=target))


class Slos(Section):
    """`window` is the period of the error budget."""

    webhook_to_effect: Objective = _objective(timedelta(milliseconds=800), 99.5)
    event_handled: Objective = _objective(timedelta(seconds=60), 99.99)
    page_delivered: Objective = _objective(timedelta(seconds=60), 99.9)
    flag_lookup: Objective = _objective(timedelta(milliseconds=50), 99.9)
    window: Duration = timedelta(days=30)

    def objective(self, name: Indicator) -> Objective:
        objective: Objective = getattr(self, name)
        return objective
