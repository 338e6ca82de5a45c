"""A flag as opos evaluates it, whether flags.yaml writes it in the shorthand or as a flagd definition."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

Scalar = bool | int | float | str


class Definition(NamedTuple):
    """A flagd definition without validation: its values are checked before it is made.

    `variants` maps the name of each variant to its value, of any type. `targeting` is a JsonLogic rule that returns the
    name of a variant, or null for the default.
    """

    state: str
    variants: Mapping[str, Any]
    default_variant: str | None
    targeting: dict[str, Any] | None
    metadata: Mapping[str, Scalar]

    @property
    def expires(self) -> date | None:
        """The day on which the flag should be removed, which its metadata may name."""
        try:
            return date.fromisoformat(str(self.metadata["expires"]))
        except (KeyError, ValueError):
            return None

    def overridden(self, variant: str) -> "Definition":
        """This flag with *variant* for everyone, even if it is disabled."""
        metadata = {**self.metadata, "overridden": True}
        return self._replace(state="ENABLED", default_variant=variant, targeting=None, metadata=metadata)

    def as_flagd(self) -> dict[str, Any]:
        """The definition in the form and with the key names that flagd reads."""
        state, variants, default, targeting, metadata = self
        content = {
            "state": state, "variants": variants, "defaultVariant": default, "targeting": targeting,
            "metadata": metadata,
        }  # fmt: skip
        return {name: value for name, value in content.items() if value is not None}
