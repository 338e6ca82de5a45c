"""Where a call or a document is: a URI, which may contain parts such as {petId} of the task's input."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from shared.workflows.authentication import AuthenticationOrName
from shared.workflows.expressions import is_expression, mixed
from shared.workflows.part import Either, Part, Selection, Text, Unread
from shared.workflows.refusals import FORMAT, ruled

_PART = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][\w-]*")


def _uri(text: str) -> str:
    if is_expression(text) or mixed(text):  # a mixed text has a fault of its own
        return text
    if not text.strip() or re.search(r"\s", text):
        raise ruled("a URI without spaces", repr(text))
    wrong = [name for name in _PART.findall(text) if not _NAME.fullmatch(name)]
    if wrong:
        raise ruled(
            "parts such as {petId}, each the name of a field of the task's input",
            "{" + wrong[0] + "}",
            r'write the whole URI as an expression: ${ "https://example.com/\(.pet.id)" }',
        )
    return text


def _fixed_uri(text: str) -> str:
    if "{" in text and "${" not in text:  # an expression has a fault of its own
        raise ruled("a URI without parts in braces, since the document is read before any run", repr(text))
    return _uri(text)


Uri = Annotated[Text, AfterValidator(_uri)]
FixedUri = Annotated[str, AfterValidator(_fixed_uri)]
"""A URI that is known before a run starts."""


class EndpointDetails(Part):
    uri: Uri
    authentication: AuthenticationOrName | None = None


Endpoint = Either[Uri, EndpointDetails]


class FixedEndpointDetails(Part):
    uri: FixedUri
    authentication: AuthenticationOrName | None = None


class ExternalResource(Part):
    """A document that is read when a definition is deployed."""

    name: str | None = None
    endpoint: Either[FixedUri, FixedEndpointDetails]


def _json(format: str) -> str:
    if format.partition(":")[0] != "json":
        raise FORMAT.error()
    return format


class Schema(Part):
    """A JSON Schema, inline or elsewhere."""

    format: Annotated[str, AfterValidator(_json)] = "json"
    document: Unread = None
    resource: ExternalResource | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> "Schema":
        given = [name for name in ("document", "resource") if name in self.model_fields_set]
        if len(given) != 1:
            raise ruled("exactly one of document, resource", " and ".join(given) or "none")
        return self


class Input(Part):
    schema_: Schema | None = Field(None, alias="schema")
    from_: Selection | None = Field(None, alias="from")


class Output(Part):
    schema_: Schema | None = Field(None, alias="schema")
    as_: Selection | None = Field(None, alias="as")


class Export(Output):
    """What becomes `$context`."""
