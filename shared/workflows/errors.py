"""Errors: those that a workflow raises, and the filters that catch them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from shared.workflows.expressions import is_expression, mixed
from shared.workflows.part import Part, Text
from shared.workflows.refusals import ruled

PREFIX = "https://open-workflow-specification.org/spec/1.0.0/errors/"
"""How the types of the standard errors begin, as opos raises them."""
PREFIXES = (
    PREFIX,
    "https://open-workflow-specification.org/dsl/errors/types/",
    "https://serverlessworkflow.io/spec/1.0.0/errors/",
    "https://serverlessworkflow.io/dsl/errors/types/",
)
"""The spellings of it, which the specification used at some time and which mean the same."""
STATUSES: Mapping[str, int | None] = {
    "configuration": 400, "validation": 400, "expression": 400, "authentication": 401, "authorization": 403,
    "timeout": 408, "communication": None, "runtime": 500,
}  # fmt: skip
"""The standard errors. A communication error has the status of the answer."""


def standard_name(type: str) -> str:
    """The name of the standard error *type*, such as `timeout`; empty for any other type."""
    for prefix in PREFIXES:
        if type.startswith(prefix) and type.removeprefix(prefix) in STATUSES:
            return type.removeprefix(prefix)
    return ""


def same_type(type: str, other: str) -> bool:
    """Whether both are the same type of error, whatever prefix they have."""
    return type == other or bool(standard_name(type) and standard_name(type) == standard_name(other))


def _type(text: str) -> str:
    if not is_expression(text) and not mixed(text) and (not text or any(mark.isspace() for mark in text)):
        raise ruled("a URI that names the type of error", repr(text))
    return text


class ErrorDetails(Part):
    """`instance` may be written; the pointer of the task that raises the error always replaces it."""

    type: Annotated[Text, AfterValidator(_type)]
    status: int
    instance: Text | None = None
    title: Text | None = None
    detail: Text | None = None


class ErrorFilter(Part):
    """The properties that an error must have."""

    type: str | None = None
    status: int | None = None
    instance: str | None = None
    title: str | None = None
    detail: str | None = None

    @model_validator(mode="after")
    def _has_a_property(self) -> "ErrorFilter":
        if not self.model_fields_set:
            raise ruled(f"at least one of {', '.join(ErrorFilter.model_fields)}", "an empty mapping")
        return self


def matches(filter: Mapping[str, Any], error: Mapping[str, Any]) -> bool:
    """Whether *error* has the properties of *filter*."""
    return all(_same(name, wanted, error.get(name)) for name, wanted in filter.items())


def _same(name: str, wanted: Any, actual: Any) -> bool:
    return same_type(wanted, str(actual)) if name == "type" else bool(wanted == actual)
