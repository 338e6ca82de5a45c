"""`flags:` of opos.yaml: which web pages may evaluate flags, how often, and whose tokens identify a user."""

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from shared.config.types import Address, SecretName
from shared.values.section import Section

if TYPE_CHECKING:
    from shared.flags import access


def _origin(value: Any) -> Any:
    if not isinstance(value, str) or (value != "*" and value.count("/") != 2):  # noqa: PLR2004
        raise ValueError("expected an origin such as https://shop.example, or *")
    return value


Origin = Annotated[str, BeforeValidator(_origin)]


class Issuer(Section):
    """Issues tokens for `audience`: they are signed by a key at `jwks`, or by the secret that `secret` names."""

    issuer: str
    audience: str
    jwks: Address | None = None
    secret: SecretName | None = None

    @model_validator(mode="after")
    def _one_kind_of_key(self) -> Self:
        if bool(self.jwks) == bool(self.secret):
            raise ValueError("expected either jwks or secret")
        return self

    def access(self) -> "access.Issuer":
        from shared.flags import access

        return access.Issuer(self.issuer, self.audience, self.jwks, self.secret)


class Flags(Section):
    """`requests_per_minute` limits each network address, counted by each instance on its own."""

    origins: tuple[Origin, ...] = ("*",)
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    identity: tuple[Issuer, ...] = ()

    def access(self) -> "access.Access":
        """The section as the evaluator reads it, without pydantic."""
        from shared.flags import access

        issuers = tuple(issuer.access() for issuer in self.identity)
        return access.Access(self.origins, self.requests_per_minute, issuers)
