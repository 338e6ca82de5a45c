"""When a workflow starts by itself: at intervals, by a cron line, after its last end, or on events."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from shared.config.types import Cron
from shared.workflows.durations import FixedDuration, length
from shared.workflows.events import Consumption, Reading
from shared.workflows.part import Part
from shared.workflows.refusals import ruled

STARTS = ("every", "cron", "after", "on")


def _some(duration: Any) -> Any:
    if length(duration) <= timedelta(0):
        raise ruled("a duration longer than zero", "zero")
    return duration


class Schedule(Part):
    every: Annotated[FixedDuration, AfterValidator(_some)] | None = None
    cron: Cron | None = None
    after: FixedDuration | None = None
    on: Consumption | None = None
    read: Reading = "data"

    @model_validator(mode="after")
    def _has_a_start(self) -> "Schedule":
        if not self.model_fields_set & set(STARTS):
            raise ruled(f"at least one of {', '.join(STARTS)}", "none")
        if "read" in self.model_fields_set and self.on is None:
            raise ruled("read beside on", "read without on", "add on, or leave read out")
        return self
