"""The key by which a push service recognises opos (VAPID): every subscription of a device is bound to its public half.

Sources: RFC 8292 (the JWT, `aud`, `exp` of at most 24 hours, `sub`, and the header `vapid t=..., k=...`); RFC 7518,
section 3.4 (ES256). The secret is the private number in base64url, as `web-push generate-vapid-keys` prints it too.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

EXPECTED = "a VAPID private key, 43 characters of base64url: `opos channels key` makes one"
_LIFE = timedelta(hours=12)
_BASE64URL = re.compile(r"[\w-]+={0,2}", re.ASCII)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the curve P-256 (NIST SP 800-186, section 3.2.1.3): a private number is below it."""
_BYTES = 32


def decoded(text: str) -> bytes:
    """The bytes of base64url, with or without padding. Raises ValueError, which does not quote *text*."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("expected base64url")
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        raise ValueError("expected base64url") from None


def encoded(data: bytes) -> str:
    """*data* in base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def is_private_key(secret: str) -> bool:
    try:
        number = decoded(secret.strip())
    except ValueError:
        return False
    return len(number) == _BYTES and 0 < int.from_bytes(number) < _ORDER


def new_private_key() -> str:
    """A new random private key."""
    from cryptography.hazmat.primitives.asymmetric import ec

    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encoded(number.to_bytes(_BYTES))


def point(key: "EllipticCurvePublicKey") -> bytes:
    """The 65 bytes of a public key: X9.62, uncompressed."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass(frozen=True)
class VapidKey:
    """The key of the *secret*. `private` and what needs it raise ValueError unless `is_private_key(secret)`."""

    secret: str = field(repr=False)

    @cached_property
    def private(self) -> "EllipticCurvePrivateKey":
        from cryptography.hazmat.primitives.asymmetric import ec

        if not is_private_key(self.secret):
            raise ValueError(f"expected {EXPECTED}")
        return ec.derive_private_key(int.from_bytes(decoded(self.secret.strip())), ec.SECP256R1())

    @cached_property
    def public(self) -> str:
        """The public key in base64url, as a browser takes it for `applicationServerKey`."""
        return encoded(point(self.private.public_key()))

    def authorization(self, endpoint: str, contact: str, now: datetime) -> str:
        """The header that authenticates a push to *endpoint*. The push service may write to *contact*, an address."""
        import jwt

        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + _LIFE).timestamp())}
        token = jwt.encode({**claims, "sub": f"mailto:{contact}"}, self.private, "ES256")
        return f"vapid t={token}, k={self.public}"
