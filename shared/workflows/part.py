"""What all parts of a definition share: each is closed and strict, and each text is marked with what it may be."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Tag

from shared.values.section import Section

T = TypeVar("T")
U = TypeVar("U")
TEXT, MAPPING, LIST, NEITHER = "<text>", "<mapping>", "<list>", "<neither>"
"""The tags of the members of a union: each is chosen by the shape of its value, so that errors are those of one."""


class Part(Section):
    model_config = ConfigDict(strict=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a text may be. Without a mark it is plain text, in which `${` is a mistake."""


@dataclass(frozen=True, slots=True)
class Bare(Mark):
    """An expression, also without `${ }` around it."""


@dataclass(frozen=True, slots=True)
class Valued(Mark):
    """A text, or an expression in `${ }`; in a list or a mapping, each text is one of both."""


@dataclass(frozen=True, slots=True)
class Free(Mark):
    """Content that opos does not read."""


@dataclass(frozen=True, slots=True)
class Names(Mark):
    """The name of an entry of `use`."""

    section: str


@dataclass(frozen=True, slots=True)
class Calls(Mark):
    """The name of a function."""


@dataclass(frozen=True, slots=True)
class Variable(Mark):
    """The name of a variable that expressions can use."""


@dataclass(frozen=True, slots=True)
class Leads(Mark):
    """A flow directive: `continue`, `exit`, `end`, or the name of a task of the same list."""


def shape(value: Any) -> str:
    """The tag of the member of a union that *value* means."""
    if isinstance(value, str):
        return TEXT
    if isinstance(value, dict | BaseModel):
        return MAPPING
    return LIST if isinstance(value, list) else NEITHER


Expression = Annotated[str, Bare()]
Text = Annotated[str, Valued()]
Value = Annotated[Any, Valued()]
Unread = Annotated[Any, Free()]
Directive = Annotated[str, Leads()]
VariableName = Annotated[str, Variable()]
Either = Annotated[Annotated[T, Tag(TEXT)] | Annotated[U, Tag(MAPPING)], Discriminator(shape)]
"""Either[A, B]: a text that A reads, or a mapping that B reads."""
Selection = Either[Expression, dict[str, Value]]
"""An expression, or a mapping whose values are expressions."""
