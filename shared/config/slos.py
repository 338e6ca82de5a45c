"""What is promised, and how often it must be kept."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from shared.scalars import Duration, Section
from shared.slo.burning import Indicator


class Objective(Section):
    """`target` percent of them take no longer than `within`."""

    within: Duration
    target: Annotated[float, Field(gt=0, lt=100)]


class Slos(Section):
    """`window` is what the error budget is meant for."""

    webhook_to_effect: Objective = Objective(within=timedelta(milliseconds=800), target=99.5)
    event_handled: Objective = Objective(within=timedelta(seconds=60), target=99.99)
    page_delivered: Objective = Objective(within=timedelta(seconds=60), target=99.9)
    flag_lookup: Objective = Objective(within=timedelta(milliseconds=50), target=99.9)
    window: Duration = timedelta(days=30)

    def objective(self, name: Indicator) -> Objective:
        found: Objective = getattr(self, name)
        return found
