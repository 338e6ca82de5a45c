"""How a call authenticates: with values of its own, or with a secret by its name."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from shared.workflows.part import Names, Part, Text, Value
from shared.workflows.refusals import GRANTS, ruled

P = TypeVar("P")
SECRET, INLINE = "<secret>", "<inline>"
METHODS = ("basic", "bearer", "digest", "oauth2", "oidc")


class Secret(Part):
    use: Annotated[str, Names("secrets")]


def _variant(value: object) -> str:
    return SECRET if isinstance(value, Secret) or (isinstance(value, dict) and "use" in value) else INLINE


OrSecret = Annotated[Annotated[Secret, Tag(SECRET)] | Annotated[P, Tag(INLINE)], Discriminator(_variant)]


class Password(Part):
    """The values of `basic` and `digest`."""

    username: Text
    password: Text


class Bearer(Part):
    token: Text


class Client(Part):
    id: Text | None = None
    secret: Text | None = None
    assertion: Text | None = None
    authentication: Literal[
        "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"
    ] = "client_secret_post"


class TokenRequest(Part):
    encoding: Literal["application/x-www-form-urlencoded", "application/json"] = "application/x-www-form-urlencoded"


class Token(Part):
    token: Text
    type: Text


class Endpoints(Part):
    token: str = "/oauth2/token"  # noqa: S105  (a path)
    revocation: str = "/oauth2/revoke"
    introspection: str = "/oauth2/introspect"


def _kept(grant: str) -> str:
    if grant in GRANTS:
        raise GRANTS[grant].error()
    return grant


class OpenId(Part):
    authority: Text
    grant: Annotated[
        Literal[
            "authorization_code", "client_credentials", "password", "refresh_token",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        AfterValidator(_kept),
    ]  # fmt: skip
    client: Client | None = None
    request: TokenRequest | None = None
    issuers: list[str] = Field(default_factory=list)
    scopes: list[Text] = Field(default_factory=list)
    audiences: list[Text] = Field(default_factory=list)
    username: Value = None
    password: Value = None
    subject: Token | None = None
    actor: Token | None = None


class OAuth2(OpenId):
    endpoints: Endpoints | None = None


class Authentication(Part):
    """A policy: exactly one method."""

    basic: OrSecret[Password] | None = None
    bearer: OrSecret[Bearer] | None = None
    digest: OrSecret[Password] | None = None
    oauth2: OrSecret[OAuth2] | None = None
    oidc: OrSecret[OpenId] | None = None

    @model_validator(mode="after")
    def _has_one_method(self) -> "Authentication":
        _require_one(self, METHODS)
        return self


class AuthenticationOrName(Authentication):
    """A policy, or the name of one of `use.authentications`."""

    use: Annotated[str, Names("authentications")] | None = None

    @model_validator(mode="after")
    def _has_one_method(self) -> "AuthenticationOrName":
        _require_one(self, ("use", *METHODS))
        return self


def _require_one(policy: Part, names: tuple[str, ...]) -> None:
    given = [name for name in names if name in policy.model_fields_set]
    if len(given) != 1:
        raise ruled(f"exactly one of {', '.join(names)}", " and ".join(given) or "none")
