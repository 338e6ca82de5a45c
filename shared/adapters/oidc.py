"""Signed identity tokens, verified against the keys that their issuer publishes.

Sources: RFC 7519 (JWT), RFC 7517 (JWK sets), OpenID Connect Core 1.0, section 3.1.3.7.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from jwt import PyJWK, PyJWKSet, PyJWTError, decode, get_unverified_header

from shared.errors import Unauthorized, Unavailable

ALGORITHMS = ("RS256", "ES256")
REQUIRED = ["exp", "iat", "aud", "iss"]
LEEWAY = 30.0
"""Seconds by which the issuer's clock may differ from ours."""
FRESH, AGAIN = 3600.0, 30.0
"""Seconds for which keys are used without asking, and between two questions for a key that is not known."""
TIMEOUT = 2.0
_log = structlog.get_logger()


@dataclass
class Keys:
    """The issuer's keys. Those that are known go on working while their server does not answer."""

    url: str
    _known: dict[str, PyJWK] = field(default_factory=dict)
    _asked: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, kid: str) -> PyJWK | None:
        """The key called *kid*; None when there is none. Raises Unavailable when nobody can say."""
        with self._lock:
            if self._asked is None or time.monotonic() - self._asked > (FRESH if kid in self._known else AGAIN):
                self._ask()
            return self._known.get(kid)

    def _ask(self) -> None:
        try:
            with urllib.request.urlopen(self.url, timeout=TIMEOUT) as answer:  # noqa: S310  (an address of the operator's)
                found = PyJWKSet.from_dict(json.load(answer))
        except (urllib.error.URLError, OSError, ValueError, PyJWTError) as fault:
            _log.warning("keys_not_fetched", error=type(fault).__name__)
            if isinstance(fault, urllib.error.HTTPError):
                fault.close()
            if not self._known:
                raise Unavailable("The keys of the identity provider cannot be fetched.") from fault
        else:
            self._known = {key.key_id: key for key in found.keys if key.key_id}
        self._asked = time.monotonic()


@dataclass(frozen=True)
class OidcIssuer:
    """One issuer, under each of its *names*. `vouches`: its tokens need not say that the e-mail is verified."""

    names: tuple[str, ...]
    keys: Keys
    vouches: bool = False

    def email(self, token: str, *, audience: str, now: datetime) -> str:
        """The e-mail that *token* proves to *audience*. Raises Unauthorized, or Unavailable where nobody can say."""
        try:
            claims = self._claims(token, audience)
            _require_valid_at(now, claims)
            _require_verified(claims, vouched=self.vouches)
            return str(claims["email"]).lower()
        except (PyJWTError, ValueError, KeyError, TypeError) as fault:
            _log.warning("token_refused", reason=type(fault).__name__)
            raise Unauthorized("The request does not carry a valid identity token.") from None

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        key = self.keys.get(str(get_unverified_header(token).get("kid")))
        if key is None:
            raise ValueError("an unknown key")
        # The times are checked against the invocation's own moment, not against the machine's clock.
        return decode(
            token, key, algorithms=list(ALGORITHMS), audience=audience, issuer=list(self.names),
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": REQUIRED},
        )  # fmt: skip


def _require_valid_at(now: datetime, claims: dict[str, Any]) -> None:
    moment = now.timestamp()
    begins = max(float(claims["iat"]), float(claims.get("nbf", 0)))
    if not begins - LEEWAY <= moment < float(claims["exp"]) + LEEWAY:
        raise ValueError("not valid at this time")


def _require_verified(claims: dict[str, Any], *, vouched: bool) -> None:
    if not vouched and claims.get("email_verified") is not True:
        raise ValueError("the e-mail is not verified")
