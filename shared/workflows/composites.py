"""Tasks that contain others, and the union of all tasks."""

from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic.json_schema import SkipJsonSchema

from shared.workflows.calls import Arguments, CallHttp, CallMcp, CallOpenApi, RunWorkflow
from shared.workflows.endpoints import Export, Output
from shared.workflows.errors import ErrorFilter
from shared.workflows.events import Consumption, Reading
from shared.workflows.kinds import CALLED, REFUSED, kind_of, refusal, tag
from shared.workflows.part import (
    LIST,
    TEXT,
    Calls,
    Directive,
    Either,
    Expression,
    Free,
    Names,
    Part,
    Value,
    VariableName,
    shape,
)
from shared.workflows.refusals import CALLS
from shared.workflows.retries import RetryPolicy
from shared.workflows.task import Common
from shared.workflows.tasks import Emit, Named, Raise, Set, Switch, Wait

MOST_BRANCHES = 50


class Do(Common):
    do: "Tasks"


class Loop(Part):
    each: VariableName = "item"
    in_: Annotated[
        Annotated[Expression, Tag(TEXT)] | Annotated[list[Value], Tag(LIST)], Discriminator(shape)
    ] = Field(alias="in")  # fmt: skip
    at: VariableName = "index"


class For(Common):
    for_: Loop = Field(alias="for")
    while_: Expression | None = Field(None, alias="while")
    do: "Tasks"


class Branches(Part):
    branches: Annotated["Tasks", Field(min_length=1, max_length=MOST_BRANCHES)]
    compete: bool = False


class Fork(Common):
    fork: Branches


class Caught(Part):
    with_: ErrorFilter | None = Field(None, alias="with")


class Catch(Part):
    errors: Caught | None = None
    as_: VariableName = Field("error", alias="as")
    when: Expression | None = None
    except_when: Expression | None = Field(None, alias="exceptWhen")
    retry: Either[Annotated[str, Names("retries")], RetryPolicy] | None = None
    do: "Tasks | None" = None
    then: Directive | None = None


class Try(Common):
    try_: "Tasks" = Field(alias="try")
    catch: Catch


class Listening(Part):
    to: Consumption
    read: Reading = "data"


class EachEvent(Part):
    item: VariableName = "item"
    at: VariableName = "index"
    do: "Tasks | None" = None
    output: Output | None = None
    export: Export | None = None


class Listen(Common):
    listen: Listening
    foreach: EachEvent | None = None


class CallFunction(Common):
    """`function` is the function of `use.functions`, which only a resolved definition has here."""

    call: Annotated[str, Calls(), Field(json_schema_extra={"not": {"enum": [*CALLED, *CALLS]}})]
    with_: Arguments = Field(default_factory=dict, alias="with")
    function: SkipJsonSchema["Task | None"] = None


MODELS: dict[str, type[Common]] = {
    "do": Do, "set": Set, "switch": Switch, "for": For, "fork": Fork, "try": Try, "raise": Raise, "wait": Wait,
    "listen": Listen, "emit": Emit, "run.workflow": RunWorkflow, "call.http": CallHttp, "call.openapi": CallOpenApi,
    "call.mcp": CallMcp, "call.function": CallFunction,
}  # fmt: skip
"""The model of each type."""
_KINDS = {model: kind for kind, model in MODELS.items()}


def _refuse(task: Any) -> Any:
    raise refusal(task)


def _tag(task: Any) -> str:
    kind = _KINDS[type(task)] if isinstance(task, Common) else kind_of(task)
    return tag(kind) if kind else REFUSED


Task = Annotated[
    Annotated[Do, Tag(tag("do"))] | Annotated[Set, Tag(tag("set"))] | Annotated[Switch, Tag(tag("switch"))]
    | Annotated[For, Tag(tag("for"))] | Annotated[Fork, Tag(tag("fork"))] | Annotated[Try, Tag(tag("try"))]
    | Annotated[Raise, Tag(tag("raise"))] | Annotated[Wait, Tag(tag("wait"))]
    | Annotated[Listen, Tag(tag("listen"))] | Annotated[Emit, Tag(tag("emit"))]
    | Annotated[RunWorkflow, Tag(tag("run.workflow"))] | Annotated[CallHttp, Tag(tag("call.http"))]
    | Annotated[CallOpenApi, Tag(tag("call.openapi"))] | Annotated[CallMcp, Tag(tag("call.mcp"))]
    | Annotated[CallFunction, Tag(tag("call.function"))]
    | Annotated[SkipJsonSchema[Annotated[Any, Free(), AfterValidator(_refuse)]], Tag(REFUSED)],
    Discriminator(_tag),
]  # fmt: skip
Tasks = list[Annotated[dict[str, Task], Named]]
"""Tasks in the order in which they run, each under its name."""
