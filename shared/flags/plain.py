"""A flag as it is evaluated, however it was written. Everything in it was checked before."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Scalar = bool | int | float | str


class Plain(NamedTuple):
    """As `shared.flags.definition.Definition`."""

    state: str
    variants: Mapping[str, Any]
    default_variant: str | None
    targeting: dict[str, Any] | None
    metadata: Mapping[str, Scalar]
