"""Focus blocks and the interruption budget: when only critical alerts notify you, and what an interruption costs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from shared.alerting.time_intervals import Clock, TimeInterval, TimeRange, Weekdays, contains, require_a_minute
from shared.values.section import Section


def _days(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Block(Section):
    """A recurring focus block: on `days`, `from` a time `to` another in the operator's zone."""

    name: str
    days: Annotated[tuple[Weekdays, ...], BeforeValidator(_days)] = ()
    from_: Annotated[Clock, Field(alias="from")]
    to: Clock

    @model_validator(mode="after")
    def _has_a_minute(self) -> Self:
        require_a_minute(self.from_, self.to)
        return self

    @property
    def interval(self) -> TimeInterval:
        return TimeInterval.model_construct(
            times=(TimeRange.model_construct(start_time=self.from_, end_time=self.to),), weekdays=self.days
        )


class Budget(Section):
    interruptions_per_day: Annotated[int, Field(ge=0, strict=True)]


class Night(Section):
    """An interruption at night costs `factor` times as much."""

    from_: Annotated[Clock, Field(alias="from")] = 22 * 60
    to: Clock = 7 * 60
    factor: Annotated[float, Field(ge=1, le=100)] = 3.0

    @property
    def interval(self) -> TimeInterval:
        return TimeInterval.model_construct(times=(TimeRange.model_construct(start_time=self.from_, end_time=self.to),))


class Focus(Section):
    """`blocks` recur; `opos focus` declares a block that does not."""

    blocks: tuple[Block, ...] = ()
    budget: Budget | None = None
    night: Night = Field(default_factory=Night)

    @model_validator(mode="after")
    def _names_are_clear(self) -> Self:
        names = [block.name for block in self.blocks]
        if len(set(names)) != len(names):
            raise ValueError("expected each block to have a unique name")
        return self


class Period(NamedTuple):
    """A focus block that was declared once, with `opos focus`."""

    name: str
    begins_at: datetime
    ends_at: datetime


def block_of(focus: Focus, periods: Iterable[Period], now: datetime, *, zone: str) -> str | None:
    """The name of the focus block that contains *now*, of *periods* or of those that recur."""
    for period in periods:
        if period.begins_at <= now < period.ends_at:
            return period.name
    return next((block.name for block in focus.blocks if contains(block.interval, now, zone=zone)), None)


def cost(channel_cost: float, focus: Focus, now: datetime, *, zone: str) -> float:
    """What one interruption costs at *now*: the cost of its channel, times `factor` at night."""
    return round(channel_cost * (focus.night.factor if is_night(focus, now, zone=zone) else 1.0), 2)


def is_night(focus: Focus, now: datetime, *, zone: str) -> bool:
    return contains(focus.night.interval, now, zone=zone)


def day_began(now: datetime, *, zone: str) -> datetime:
    """The last midnight in *zone*."""
    local = now.astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
