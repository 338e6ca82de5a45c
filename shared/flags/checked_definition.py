"""A flag in flags.yaml that is written as a flagd definition. Source: flagd documentation, "Flag Definitions"."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.flags.definition import Definition, Scalar


def _variant_name(value: Any) -> Any:
    """YAML reads an unquoted `true` as a boolean where flagd expects the variant of that name."""
    return str(value).lower() if isinstance(value, bool) else value


class CheckedDefinition(BaseModel):
    """The fields of `shared.flags.definition.Definition`, validated."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)

    state: Literal["ENABLED", "DISABLED"]
    variants: Annotated[dict[str, Any], Field(min_length=1)]
    default_variant: Annotated[str | None, BeforeValidator(_variant_name), Field(alias="defaultVariant")] = None
    targeting: dict[str, Any] | None = None
    metadata: dict[str, Scalar] = Field(default_factory=dict)

    def definition(self) -> Definition:
        return Definition(self.state, self.variants, self.default_variant, self.targeting, self.metadata)

    @model_validator(mode="after")
    def _default_is_a_variant(self) -> Self:
        if self.default_variant and self.default_variant not in self.variants:
            raise ValueError(f"expected defaultVariant to be one of {', '.join(self.variants)}")
        return self
