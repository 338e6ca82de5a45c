"""Events: what `emit` sends, and which events `listen` and a schedule wait for."""

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from shared.workflows.endpoints import Uri
from shared.workflows.part import Either, Expression, Mark, Part, Text, Value, Valued
from shared.workflows.refusals import ANY, ruled

Reading = Literal["data", "envelope", "raw"]
STRATEGIES = ("one", "any", "all")


class EventProperties(Part):
    """The attributes of an event; others than these are extension attributes."""

    model_config = ConfigDict(extra="allow")
    extras: ClassVar[Mark] = Valued()

    id: Text | None = None
    source: Uri | None = None
    type: Text | None = None
    time: Text | None = None
    subject: Text | None = None
    datacontenttype: Text | None = None
    dataschema: Uri | None = None
    data: Value = None


class EmittedEvent(EventProperties):
    type: Text


class ExpectedEvent(EventProperties):
    """Texts are equal to those of the event, or RE2 expressions that match all of it; `data` may be a predicate."""

    @model_validator(mode="after")
    def _has_an_attribute(self) -> "ExpectedEvent":
        if not self.model_fields_set:
            raise ruled("at least one attribute of the event, such as type", "an empty mapping")
        return self


class Correlation(Part):
    from_: Expression = Field(alias="from")
    expect: Text | None = None


class EventFilter(Part):
    with_: ExpectedEvent = Field(alias="with")
    correlate: dict[str, Correlation] = Field(default_factory=dict)


class ConsumedUntil(Part):
    """The events that end a wait for `any`."""

    single: EventFilter | None = Field(None, alias="one")
    any: list[EventFilter] | None = None
    all: list[EventFilter] | None = None

    @model_validator(mode="after")
    def _has_one_strategy(self) -> "ConsumedUntil":
        events = zip(STRATEGIES, (self.single, self.any, self.all), strict=True)
        given = [name for name, filters in events if filters is not None]
        if len(given) != 1:
            raise ruled(f"exactly one of {', '.join(STRATEGIES)}", " and ".join(given) or "none")
        if self.all == []:
            raise ruled("at least one event under all", "an empty list")
        if self.any == [] and not getattr(self, "until", None):
            raise ANY.error()
        return self


class Consumption(ConsumedUntil):
    """Which events to wait for; `until`, beside `any`, says when it is enough."""

    until: Either[Expression, ConsumedUntil] | None = None

    @model_validator(mode="after")
    def _has_until_beside_any(self) -> "Consumption":
        if self.until is not None and self.any is None:
            raise ruled("until beside any", "until beside " + ("one" if self.single else "all"), "leave until out")
        return self
