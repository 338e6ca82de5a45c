"""A workflow as its file has it."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic.json_schema import SkipJsonSchema

from shared.workflows.authentication import Authentication
from shared.workflows.composites import Task, Tasks
from shared.workflows.endpoints import Input, Output
from shared.workflows.errors import ErrorDetails
from shared.workflows.metadata import DefinitionMetadata
from shared.workflows.part import Free, Part, Unread
from shared.workflows.refusals import CATALOGS, EXTENSIONS, LANGUAGE, LOOSE, ruled
from shared.workflows.retries import RetryPolicy
from shared.workflows.schedule import Schedule
from shared.workflows.task import Timeout, TimeoutOrName

DSL = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")
"""The versions of the specification that opos reads."""
_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)


def _dsl(version: str) -> str:
    if version not in DSL:
        raise ruled(f"one of {', '.join(DSL)}", repr(version), f"write dsl: '{DSL[-1]}'")
    return version


def is_name(text: str) -> bool:
    """Whether *text* can be the name of a workflow, or its namespace."""
    return _NAME.fullmatch(text) is not None


def _name(name: str) -> str:
    if not is_name(name):
        raise ruled("letters, digits and -, at most 63, none at either end a -", repr(name))
    return name


def _version(version: str) -> str:
    if not _SEMVER.fullmatch(version):
        raise ruled("a semantic version such as '1.0.0'", repr(version))
    return version


def _no_catalogs(_value: Any) -> Any:
    raise CATALOGS.error()


def _no_extensions(_value: Any) -> Any:
    raise EXTENSIONS.error()


def _jq(language: str) -> str:
    if language != "jq":
        raise LANGUAGE.error()
    return language


def _strict(mode: str) -> str:
    if mode == "loose":
        raise LOOSE.error()
    if mode != "strict":
        raise ruled("mode: strict", repr(mode))
    return mode


Name = Annotated[str, AfterValidator(_name)]
FreeText = Annotated[str, Free()]


class Header(Part):
    dsl: Annotated[str, AfterValidator(_dsl)]
    namespace: Name
    name: Name
    version: Annotated[str, AfterValidator(_version)]
    title: FreeText = ""
    summary: FreeText = ""
    tags: dict[str, Unread] = Field(default_factory=dict)
    metadata: DefinitionMetadata | None = None


class Use(Part):
    """What tasks use by its name."""

    authentications: dict[str, Authentication] = Field(default_factory=dict)
    errors: dict[str, ErrorDetails] = Field(default_factory=dict)
    functions: dict[str, Task] = Field(default_factory=dict)
    retries: dict[str, RetryPolicy] = Field(default_factory=dict)
    secrets: list[str] = Field(default_factory=list)
    timeouts: dict[str, Timeout] = Field(default_factory=dict)
    extensions: Annotated[SkipJsonSchema[Any], Free(), AfterValidator(_no_extensions)] = None
    catalogs: Annotated[SkipJsonSchema[Any], Free(), AfterValidator(_no_catalogs)] = None


class Evaluate(Part):
    language: Annotated[str, AfterValidator(_jq)] = "jq"
    mode: Annotated[str, AfterValidator(_strict)] = "strict"


class Workflow(Part):
    document: Header
    input: Input | None = None
    use: Use | None = None
    do: Tasks
    timeout: TimeoutOrName | None = None
    output: Output | None = None
    schedule: Schedule | None = None
    evaluate: Evaluate | None = None
