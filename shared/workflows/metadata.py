"""The metadata of a definition and of its tasks: free, except for `opos`, where opos adds rulings of its own."""

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from shared.workflows.part import Free, Mark, Part


class Metadata(Part):
    model_config = ConfigDict(extra="allow")
    extras: ClassVar[Mark] = Free()


class ScheduleRulings(Part):
    """`catchUp`: which of the starts that were missed while nothing ran are made up for."""

    catch_up: Literal["last", "all", "none"] = Field("last", alias="catchUp")


class ListenRulings(Part):
    """`since`: whether a task also takes events that came since the run started, or only those since it listens."""

    since: Literal["run", "listen"] = "run"


class DefinitionMetadata(Metadata):
    opos: ScheduleRulings | None = None


class TaskMetadata(Metadata):
    opos: ListenRulings | None = None
