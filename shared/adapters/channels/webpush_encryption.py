"""Encrypts a message for one browser, so that its push service cannot read it.

Sources: RFC 8291 (the keys, and section 4: one record), RFC 8188 (the content coding `aes128gcm`), RFC 5869 (HKDF).
"""

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from shared.ports.devices import Device
from shared.values.vapid import point

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

RECORD = 4096
"""The size of a record, and the most that a push service has to accept (RFC 8030, section 7.2)."""
OVERHEAD = 86 + 1 + 16
"""Bytes that encryption adds: the header with our key, the delimiter of the only record, and the tag."""
_LAST = b"\x02"


def encrypted(
    message: bytes, device: Device, *, salt: bytes | None = None, own: "EllipticCurvePrivateKey | None" = None
) -> bytes:
    """The body of the push of *message* to *device*. Each call has a new *salt* and a new key pair of our *own*.

    Raises ValueError if the device's public key is not on the curve.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt = salt or secrets.token_bytes(16)
    own = own or ec.generate_private_key(ec.SECP256R1())
    ours = point(own.public_key())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), device.public)
    shared = own.exchange(ec.ECDH(), theirs)
    key = _hkdf(device.auth, shared, b"WebPush: info\0" + device.public + ours, 32)
    content_key = _hkdf(salt, key, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, key, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4) + bytes([len(ours)]) + ours
    return header + AESGCM(content_key).encrypt(nonce, message + _LAST, None)


def _hkdf(salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    """Not more than one block, as everything here."""
    extracted = hmac.digest(salt, key, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:length]
