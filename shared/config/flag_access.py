"""What the flag evaluator needs besides the flags: which pages may ask, and who proves to be whom."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from shared.config.types import Address, SecretName
from shared.values.section import Section


def _origin(value: Any) -> Any:
    if not isinstance(value, str) or (value != "*" and value.count("/") != 2):  # noqa: PLR2004
        raise ValueError("expected an origin such as https://shop.example, or *")
    return value


Origin = Annotated[str, BeforeValidator(_origin)]


class Issuer(Section):
    """Whose tokens prove a user to `audience`: their keys are at `jwks`, or `secret` names the one that both share."""

    issuer: str
    audience: str
    jwks: Address | None = None
    secret: SecretName | None = None

    @model_validator(mode="after")
    def _one_kind_of_key(self) -> Self:
        if bool(self.jwks) == bool(self.secret):
            raise ValueError("expected either jwks or secret")
        return self


class Flags(Section):
    """`requests_per_minute` is for each network address, as one instance counts them."""

    origins: tuple[Origin, ...] = ("*",)
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    identity: tuple[Issuer, ...] = ()
