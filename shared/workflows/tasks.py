"""Tasks that contain no others."""

from typing import Annotated

from pydantic import Field

from shared.workflows.durations import Duration
from shared.workflows.errors import ErrorDetails
from shared.workflows.events import EmittedEvent
from shared.workflows.part import Directive, Either, Expression, Names, Part, Text, Value
from shared.workflows.task import Common

Named = Field(min_length=1, max_length=1)
"""A mapping with one entry, whose key is a name."""


class Set(Common):
    """Its output is what `set` says, and replaces the input."""

    set: Either[Text, Annotated[dict[str, Value], Field(min_length=1)]]


class Case(Part):
    """A case without `when` is the default."""

    when: Expression | None = None
    then: Directive


class Switch(Common):
    switch: Annotated[list[Annotated[dict[str, Case], Named]], Field(min_length=1)]


class Raised(Part):
    error: Either[Annotated[str, Names("errors")], ErrorDetails]


class Raise(Common):
    raise_: Raised = Field(alias="raise")


class Wait(Common):
    wait: Duration


class Event(Part):
    with_: EmittedEvent = Field(alias="with")


class Emission(Part):
    event: Event


class Emit(Common):
    emit: Emission
