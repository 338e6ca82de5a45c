"""Signed identity tokens, verified against the keys that their issuer publishes.

Sources: RFC 7519 (JWT), RFC 7517 (JWK sets), OpenID Connect Core 1.0, section 3.1.3.7.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jwt import PyJWK, PyJWKSet, PyJWTError, decode, get_unverified_header

from shared.errors import Unauthorized, Unavailable
from shared.telemetry.logger import log as _log
from shared.values.http import SIGNATURE_REMOVED

ALGORITHMS = ("RS256", "ES256")
_OPTIONS: Any = {
    "verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "iat", "aud", "iss"],
}  # fmt: skip
"""The times are checked against the time of the invocation, not against the machine's clock."""
_UNSIGNED: Any = {**_OPTIONS, "verify_signature": False, "verify_aud": True, "verify_iss": True}
LEEWAY = 30.0
"""Seconds by which the issuer's clock may differ from ours."""
FRESH, AGAIN = 3600.0, 30.0
"""Seconds for which keys stay valid without a fetch, and between two fetches because of an unknown key."""
TIMEOUT = 2.0


@dataclass
class Keys:
    """The issuer's keys. Known keys remain usable while their server does not answer."""

    url: str
    _known: dict[str, PyJWK] = field(default_factory=dict)
    _asked: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, kid: str) -> PyJWK | None:
        """The key called *kid*; None if there is none. Raises Unavailable if the keys cannot be fetched."""
        with self._lock:
            if self._asked is None or time.monotonic() - self._asked > (FRESH if kid in self._known else AGAIN):
                self._ask()
            return self._known.get(kid)

    def fetch(self) -> None:
        """Fetch the keys now. Raises Unavailable if that fails, and keeps the known keys."""
        try:
            with urllib.request.urlopen(self.url, timeout=TIMEOUT) as answer:  # noqa: S310  (an address of the operator's)
                published = PyJWKSet.from_dict(json.load(answer))
        except (urllib.error.URLError, OSError, ValueError, PyJWTError) as fault:
            _log.warning("keys_not_fetched", error=type(fault).__name__)
            if isinstance(fault, urllib.error.HTTPError):
                fault.close()
            raise Unavailable("Cannot fetch the keys of the identity provider.") from fault
        self._known = {key.key_id: key for key in published.keys if key.key_id}
        self._asked = time.monotonic()

    def _ask(self) -> None:
        try:
            self.fetch()
        except Unavailable:
            if not self._known:
                raise
            self._asked = time.monotonic()


@dataclass(frozen=True)
class OidcIssuer:
    """One issuer, with all of its *names*. `vouches`: its tokens need not say that the e-mail is verified. `checked`:
    Cloud Run has verified the tokens and removed their signatures; set it only if nothing else can call.
    """

    names: tuple[str, ...]
    keys: Keys
    vouches: bool = False
    checked: bool = False

    def email(self, token: str, *, audience: str, now: datetime) -> str:
        """The e-mail that *token* authenticates for *audience*. Raises Unauthorized, or Unavailable without keys."""
        with _refusing():
            claims = self.claims(token, audience=audience, now=now)
            _require_verified(claims, vouched=self.vouches)
            return str(claims["email"]).lower()

    def claims(self, token: str, *, audience: str, now: datetime) -> dict[str, Any]:
        with _refusing():
            claims = self._claims(token, audience)
            _require_valid_at(now, claims)
            return claims

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        if self.checked and token.endswith(SIGNATURE_REMOVED):
            return decode(token, audience=audience, issuer=list(self.names), options=_UNSIGNED)
        key = self.keys.get(str(get_unverified_header(token).get("kid")))
        if key is None:
            raise ValueError("an unknown key")
        return decode(
            token, key, algorithms=list(ALGORITHMS), audience=audience, issuer=list(self.names), options=_OPTIONS
        )


@dataclass(frozen=True)
class SharedKey:
    """An issuer that shares a key with opos (HS256)."""

    name: str
    key: str = field(repr=False)

    def claims(self, token: str, *, audience: str, now: datetime) -> dict[str, Any]:
        with _refusing():
            claims = decode(
                token, self.key, algorithms=["HS256"], audience=audience, issuer=self.name, options=_OPTIONS
            )
            _require_valid_at(now, claims)
            return claims


@contextmanager
def _refusing() -> Iterator[None]:
    """Turns every error of a token into the same Unauthorized, which does not reveal the reason."""
    try:
        yield
    except (PyJWTError, ValueError, KeyError, TypeError) as fault:
        _log.warning("token_refused", reason=type(fault).__name__)
        raise Unauthorized("The request does not carry a valid identity token.") from None


def issuer_of(token: str) -> str:
    """The issuer that *token* claims; do not trust it before verification. Raises Unauthorized."""
    with _refusing():
        return str(decode(token, options={"verify_signature": False})["iss"])


def _require_valid_at(now: datetime, claims: dict[str, Any]) -> None:
    moment = now.timestamp()
    begins = max(float(claims["iat"]), float(claims.get("nbf", 0)))
    if not begins - LEEWAY <= moment < float(claims["exp"]) + LEEWAY:
        raise ValueError("not valid at this time")


def _require_verified(claims: dict[str, Any], *, vouched: bool) -> None:
    if not vouched and claims.get("email_verified") is not True:
        raise ValueError("the e-mail is not verified")
