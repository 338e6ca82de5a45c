"""Signed identity tokens, verified against the keys that their issuer publishes.

Sources: RFC 7519 (JWT), RFC 7517 (JWK sets), OpenID Connect Core 1.0, section 3.1.3.7.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from typing import Any

from jwt import PyJWK, PyJWKSet, PyJWTError, api_jws, decode, decode_complete

from shared.errors import Unauthorized, Unavailable
from shared.process.deadline import within
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
FRESH = 3600.0
"""Seconds for which keys stay valid without a fetch."""
PAUSES = (30.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds until the next fetch, by how many of the last ones failed in a row: the first is for unknown keys."""
TIMEOUT = 2.0
"""Seconds for one fetch."""
MOST = 1_000_000
"""Bytes of an answer that are read."""


@dataclass
class Keys:
    """The issuer's keys. Known keys remain usable while their server does not answer.

    At most one thread fetches them. The others use the keys that are known; only before the first fetch has ended they
    wait for it, because a function that has just started would otherwise reject good tokens.
    """

    url: str
    _known: Mapping[str, PyJWK] = field(default_factory=dict)
    _asked: float | None = None
    """When the last fetch ended; `_fetched` is when the last good one did."""
    _fetched: float = 0.0
    _failures: int = 0
    """How many of the last fetches failed in a row."""
    _fetching: threading.Lock = field(default_factory=threading.Lock)

    def get(self, kid: str) -> PyJWK | None:
        """The key called *kid*; None if there is none. Raises Unavailable if no keys are known."""
        if self._is_due(kid) and self._fetching.acquire(timeout=TIMEOUT if self._asked is None else 0):
            try:
                self._refresh(kid)
            finally:
                self._fetching.release()
        if not self._known:
            raise _unavailable()
        return self._known.get(kid)

    def fetch(self) -> None:
        """Fetch the keys now. Raises Unavailable if that fails, and keeps the known keys."""
        if not self._fetching.acquire(timeout=TIMEOUT):
            raise _unavailable()
        try:
            self._fetch()
        finally:
            self._fetching.release()

    def _is_due(self, kid: str) -> bool:
        now, pause = time.monotonic(), PAUSES[min(self._failures, len(PAUSES) - 1)]
        if self._asked is not None and now - self._asked <= pause:
            return False
        return kid not in self._known or now - self._fetched > FRESH

    def _refresh(self, kid: str) -> None:
        """Fetch the keys, unless another thread did that just before."""
        if self._is_due(kid):
            with suppress(Unavailable):
                self._fetch()

    def _fetch(self) -> None:
        try:
            published = PyJWKSet.from_dict(json.loads(within(TIMEOUT, self._read)))
        except (OSError, HTTPException, ValueError, TypeError, AttributeError, PyJWTError) as fault:
            _log.warning("keys_not_fetched", error=type(fault).__name__)
            self._failures += 1
            raise _unavailable() from fault
        else:
            self._known = {key.key_id: key for key in published.keys if key.key_id}
            self._failures, self._fetched = 0, time.monotonic()
        finally:
            self._asked = time.monotonic()

    def _read(self) -> bytes:
        try:
            with urllib.request.urlopen(self.url, timeout=TIMEOUT) as answer:  # noqa: S310  (an address of the operator's)
                body: bytes = answer.read(MOST)
                return body
        except urllib.error.HTTPError as fault:
            fault.close()
            raise


def _unavailable() -> Unavailable:
    return Unavailable("Cannot fetch the keys of the identity provider.")


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
            # Everything that needs no key comes first: a token that cannot be valid costs no fetch and no signature.
            unverified = decode_complete(token, audience=audience, issuer=list(self.names), options=_UNSIGNED)
            claims: dict[str, Any] = unverified["payload"]
            _require_valid_at(now, claims)
            if not (self.checked and token.endswith(SIGNATURE_REMOVED)):
                self._require_signature(token, unverified["header"])
            return claims

    def _require_signature(self, token: str, header: Mapping[str, Any]) -> None:
        key = self.keys.get(str(header.get("kid"))) if header.get("alg") in ALGORITHMS else None
        if key is None:
            raise ValueError("an unknown algorithm or key")
        api_jws.decode(token, key, algorithms=list(ALGORITHMS))


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
    except (PyJWTError, ValueError, ArithmeticError, KeyError, TypeError) as fault:
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
