"""What tasks of all types have: condition, data flow, time-out and what follows."""

from typing import Annotated

from pydantic import Field

from shared.workflows.durations import Duration
from shared.workflows.endpoints import Export, Input, Output
from shared.workflows.metadata import TaskMetadata
from shared.workflows.part import Directive, Either, Expression, Names, Part

CONTINUE, EXIT, END = "continue", "exit", "end"
DIRECTIVES = (CONTINUE, EXIT, END)


class Timeout(Part):
    after: Duration


TimeoutOrName = Either[Annotated[str, Names("timeouts")], Timeout]


class Common(Part):
    condition: Expression | None = Field(None, alias="if")
    input: Input | None = None
    output: Output | None = None
    export: Export | None = None
    timeout: TimeoutOrName | None = None
    then: Directive | None = None
    metadata: TaskMetadata | None = None
