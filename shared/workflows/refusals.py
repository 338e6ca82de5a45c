"""What the serverless profile leaves out of the specification: what it is, why, and what to use instead."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic_core import PydanticCustomError

RULED = "ruled"
"""The type of the errors that say themselves what was expected, what was found and how to mend it."""
CALLS_KEPT = "a call of the serverless profile: http, openapi, mcp, or a function"
RUN_KEPT = "run: workflow, the only one of the serverless profile"


class Refusal(NamedTuple):
    expected: str
    actual: str
    hint: str

    def error(self) -> PydanticCustomError:
        return ruled(*self)


def ruled(expected: str, actual: str, hint: str = "") -> PydanticCustomError:
    """An error of a model that keeps its words."""
    return PydanticCustomError(RULED, "{expected}", {"expected": expected, "actual": actual, "hint": hint})


CALLS: Mapping[str, Refusal] = {
    "grpc": Refusal(
        CALLS_KEPT,
        "call: grpc, which needs a proto compiler and a channel for each host",
        "call an HTTP or OpenAPI endpoint, or a function",
    ),
    "asyncapi": Refusal(
        CALLS_KEPT,
        "call: asyncapi, whose subscription is a process that stays; a serverless bundle has none",
        "let the sender post a webhook to a source and listen; publish with emit",
    ),
    "a2a": Refusal(
        CALLS_KEPT,
        "call: a2a, whose answers are streams",
        "call an HTTP or OpenAPI endpoint, or a function",
    ),
}
RUNS: Mapping[str, Refusal] = {
    "container": Refusal(
        RUN_KEPT, "run: container; a function has no container runtime", "put it behind HTTP and call it"
    ),
    "shell": Refusal(
        RUN_KEPT,
        "run: shell; a function has no shell, and a workflow file would be remote code",
        "put it behind HTTP and call it",
    ),
    "script": Refusal(
        RUN_KEPT,
        "run: script; a workflow file would be remote code",
        "use an expression, or a function of the bundle",
    ),
}
STDIO = Refusal(
    "transport: http",
    "transport: stdio, which runs a program on the host",
    "start the server elsewhere and name its endpoint under http",
)
CATALOG = Refusal(
    "a function of `use.functions` or of opos",
    "a function from a remote catalog, which is not part of the bundle",
    "copy the function into use.functions",
)
CATALOGS = Refusal(
    "functions of `use.functions` or of opos", "a remote catalog", "copy its functions into use.functions"
)
EXTENSIONS = Refusal(
    "no extensions",
    "extensions, which read fields of $task that the specification does not define",
    "write the tasks where they run",
)
LOOSE = Refusal(
    "mode: strict",
    "mode: loose, in which an expression that fails silently becomes text",
    "put expressions in ${ } and leave evaluate out",
)
LANGUAGE = Refusal("language: jq", "another language for expressions", "write the expressions in jq")
GRANTS: Mapping[str, Refusal] = {
    grant: Refusal("the grant client_credentials or token-exchange", f"the grant {grant}, which needs {needs}", hint)
    for grant, needs, hint in (
        ("authorization_code", "a person at a browser", "register a client of its own for the workflow"),
        ("refresh_token", "a stored token", "register a client of its own for the workflow"),
        ("password", "the password of a person", "register a client of its own for the workflow"),
    )
}
CALENDAR = Refusal(
    "a duration of weeks, days, hours, minutes and seconds",
    "years or months, which have no fixed length",
    "write P30D, or schedule with cron",
)
ANY = Refusal(
    "at least one event, or `until`",
    "`any: []`, which waits for every event and never ends by itself",
    "name an event under any, or add until",
)
FORMAT = Refusal(
    "format: json", "another format of schemas", "write the schema as JSON Schema under document, and leave format out"
)
