"""Signed links: each lets its holder do one thing, expires, and cannot be altered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from itsdangerous import BadSignature, URLSafeSerializer

from shared.errors import Gone, NotFound

Purpose = Literal[
    "ack", "console", "device", "digest", "form", "rule", "shown", "sign-out", "silence", "unsilence", "unsubscribe"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links under *base_url*, signed with *key*."""

    key: str
    base_url: str

    def url(self, purpose: Purpose, claims: dict[str, Any], *, expires: datetime) -> str:
        return f"{self.base_url.rstrip('/')}/{purpose}/{self.token(purpose, claims, expires=expires)}"

    def token(self, purpose: Purpose, claims: dict[str, Any], *, expires: datetime) -> str:
        return str(self._serializer(purpose).dumps({**claims, "exp": int(expires.timestamp())}))

    def read(self, purpose: Purpose, token: str, *, now: datetime) -> dict[str, Any]:
        """The claims of *token*. Raises NotFound if it is not valid, Gone if it has expired."""
        try:
            claims: dict[str, Any] = self._serializer(purpose).loads(token)
        except (BadSignature, ValueError) as fault:
            raise NotFound("This link is invalid or incomplete.") from fault
        if now.timestamp() >= claims["exp"]:
            raise Gone("This link has expired.", hint="Open the console to act on the alert.")
        return claims

    def _serializer(self, purpose: Purpose) -> URLSafeSerializer:
        return _serializer(self.key, purpose)


@cache
def _serializer(key: str, purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=f"opos.{purpose}")


ACK_LIFE = timedelta(days=7)
DIGEST_LIFE = timedelta(days=30)
UNSUBSCRIBE_LIFE = timedelta(days=400)
