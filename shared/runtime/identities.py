"""Whose tokens this process accepts: Google's and IAP's from callers, and those of `flags.identity` from users.

What verifies a token is imported with the first token: most processes never receive one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.errors import Unauthorized
from shared.ports import Identities
from shared.security.callers import CHECKED, OPERATORS, Callers
from shared.values.authorization import compact_token, credentials

if TYPE_CHECKING:
    from shared.adapters.oidc import OidcIssuer, SharedKey
    from shared.config.model import Config
    from shared.flags.access import Access, Issuer
    from shared.runtime.settings import Settings

GOOGLE_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"
IAP_ISSUERS = ("https://cloud.google.com/iap",)
IAP_KEYS = "https://www.gstatic.com/iap/verify/public_key-jwk"


def make_callers(settings: "Settings") -> Callers:
    """What authenticates the callers of a function. Each issuer is made once, so that its keys stay known."""
    environment = settings.environment

    @cache
    def google() -> Identities:
        from shared.adapters.oidc import Keys, OidcIssuer

        keys = Keys(environment.get("OPOS_OIDC_KEYS_URL", GOOGLE_KEYS))
        return OidcIssuer(GOOGLE_ISSUERS, keys, checked=CHECKED in environment)

    @cache
    def iap() -> Identities:
        from shared.adapters.oidc import Keys, OidcIssuer

        return OidcIssuer(IAP_ISSUERS, Keys(environment.get("OPOS_IAP_KEYS_URL", IAP_KEYS)), vouches=True)

    return Callers(settings.deployed, environment, google=google, iap=iap)


def operators(config: "Config", environment: Mapping[str, str]) -> list[str]:
    """Who may use the console: those whom opos.yaml names, and those whom the deploy adds."""
    return [config.owner, *config.operators, *filter(None, environment.get(OPERATORS, "").split(","))]


@dataclass
class Users:
    """The users whom an issuer of `flags.identity` authenticates. *secret* reads a key that we share with it."""

    access: Callable[[], "Access"]
    secret: Callable[[str], str]
    _issuers: dict[str, "OidcIssuer"] = field(default_factory=dict)

    def claims(self, headers: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
        """As `shared.services.flags.context.FlagContext.user`."""
        given, identity = credentials(headers, "Bearer"), self.access().identity
        if not identity or given is None:
            return None
        from shared.adapters.oidc import issuer_of

        token = compact_token(given)
        name = issuer_of(token)
        for declared in identity:
            if declared.issuer == name:
                return self._identities(declared).claims(token, audience=declared.audience, now=now)
        raise Unauthorized("The request does not carry a valid identity token.")

    def fetch_keys(self, issuer: str) -> None:
        """As `shared.services.health.context.HealthContext.fetch_keys`."""
        from shared.adapters.oidc import OidcIssuer

        for declared in self.access().identity:
            identities = self._identities(declared) if declared.issuer == issuer else None
            if isinstance(identities, OidcIssuer):
                identities.keys.fetch()

    def _identities(self, declared: "Issuer") -> "OidcIssuer | SharedKey":
        """The issuer as it was *declared*. A shared key is read each time, so that a rotation takes effect."""
        from shared.adapters.oidc import Keys, OidcIssuer, SharedKey

        if declared.secret:
            return SharedKey(declared.issuer, self.secret(declared.secret))
        if declared.issuer not in self._issuers:
            self._issuers[declared.issuer] = OidcIssuer((declared.issuer,), Keys(str(declared.jwks)))
        return self._issuers[declared.issuer]
