"""What `company/records.py` says of a field besides its type, such as `name: Personal[str]` or `email: Key[str]`.

An id at another system is `stripe_id: Annotated[str, External("stripe")] | None = None`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unique:
    """No two records of the kind have the same value, and a record is found by it. Capitals make no difference."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Lists can be filtered and ordered by the field: both stores index it."""


@dataclass(frozen=True, slots=True)
class Private:
    """Data about a person, which `opos records forget` removes."""


@dataclass(frozen=True, slots=True)
class External:
    """The id that the record has in `system`, the name of a source in opos.yaml or of its sender. It is unique."""

    system: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The id of a record of `kind`."""

    kind: str


Key = Annotated[T, Unique()]
Listed = Annotated[T, Sorted()]
Personal = Annotated[T, Private()]
Mark = Unique | Sorted | Private | External | Reference


def marks(annotation: Any) -> Iterator[Mark]:
    """Every mark in *annotation*, at any depth of its unions and lists."""
    if isinstance(annotation, Mark):
        yield annotation
    for part in get_args(annotation):
        yield from marks(part)
