"""Tasks that call something else: an HTTP endpoint, an OpenAPI operation, an MCP server, another workflow."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from shared.workflows.authentication import AuthenticationOrName
from shared.workflows.durations import Duration
from shared.workflows.endpoints import Endpoint, ExternalResource
from shared.workflows.part import Either, Free, Part, Text, Value
from shared.workflows.refusals import STDIO, ruled
from shared.workflows.task import Common

Answer = Literal["raw", "content", "response"]
Arguments = dict[str, Value]
Texts = dict[str, Text]
_METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
SAFE = ("get", "head", "options")
"""The methods that change nothing."""


def _method(method: str) -> str:
    if method.lower() not in _METHODS:
        raise ruled(f"one of {', '.join(_METHODS)}", repr(method))
    return method


class HttpRequest(Part):
    method: Annotated[str, AfterValidator(_method)]
    endpoint: Endpoint
    headers: Either[Text, Texts] | None = None
    body: Value = None
    query: Either[Text, Arguments] | None = None
    output: Answer = "content"
    redirect: bool = False


class CallHttp(Common):
    call: Literal["http"]
    with_: HttpRequest = Field(alias="with")


class Operation(Part):
    document: ExternalResource
    operation_id: str = Field(alias="operationId")
    parameters: Arguments = Field(default_factory=dict)
    authentication: AuthenticationOrName | None = None
    output: Answer = "content"
    redirect: bool = False


class CallOpenApi(Common):
    call: Literal["openapi"]
    with_: Operation = Field(alias="with")


class McpHttp(Part):
    endpoint: Endpoint
    headers: Texts = Field(default_factory=dict)


def _no_program(_value: Any) -> Any:
    raise STDIO.error()


class McpTransport(Part):
    http: McpHttp | None = None
    stdio: Annotated[SkipJsonSchema[Any], Free(), AfterValidator(_no_program)] = None
    options: Texts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_http(self) -> "McpTransport":
        if self.http is None:
            raise ruled("the key 'http'", "none")
        return self


class McpClient(Part):
    name: Text
    version: Text


class McpRequest(Part):
    protocol_version: str = Field("2025-06-18", alias="protocolVersion")
    method: Literal[
        "tools/list", "tools/call", "prompts/list", "prompts/get", "resources/list", "resources/read",
        "resources/templates/list",
    ]  # fmt: skip
    parameters: Either[Text, Arguments] | None = None
    timeout: Duration | None = None
    transport: McpTransport
    client: McpClient | None = None


class CallMcp(Common):
    call: Literal["mcp"]
    with_: McpRequest = Field(alias="with")


class ChildWorkflow(Part):
    namespace: str
    name: str
    version: str = "latest"
    input: Value = None


class Child(Part):
    await_: bool = Field(default=True, alias="await")
    return_: Literal["stdout", "stderr", "code", "all", "none"] = Field("stdout", alias="return")
    workflow: ChildWorkflow


class RunWorkflow(Common):
    """`return` is that of a process, so a child workflow takes no notice of it."""

    run: Child
