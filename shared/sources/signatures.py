"""Shared by all signature schemes: constant-time comparison with every valid secret, and a tolerance in time."""

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from shared.errors import FailedCheck, Unauthorized

Algorithm = Literal["sha1", "sha256", "sha512"]
_MOST_DIGITS = 16


def rejected(scheme: str = "Bearer", failed: FailedCheck = "signature", detail: str = "") -> Unauthorized:
    """The same answer to every failed check, so that it does not reveal which part failed. *scheme* is the source's."""
    message = "The request does not carry a valid signature for this source."
    return Unauthorized(message, challenge=scheme, failed=failed, detail=detail)


def digest(secret: bytes, message: bytes, algorithm: Algorithm = "sha256") -> bytes:
    return hmac.digest(secret, message, algorithm)


def require_match(given: Iterable[bytes], expected: Sequence[bytes], failed: FailedCheck = "signature") -> None:
    """Raises Unauthorized unless one of *given* equals one of *expected*. Compares all pairs in constant time."""
    matches = [hmac.compare_digest(signature, valid) for signature in given for valid in expected]
    if not any(matches):
        raise rejected(failed=failed)


def require_recent(timestamp: str, *, now: datetime, tolerance: timedelta, per_second: int = 1) -> None:
    """Raises Unauthorized unless *timestamp*, in Unix time of *per_second* units, is within *tolerance* either way."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MOST_DIGITS):
        raise rejected(failed="timestamp", detail="not a Unix time" if timestamp else "missing")
    age = now.timestamp() - int(timestamp) / per_second
    if abs(age) > tolerance.total_seconds():
        raise rejected(failed="timestamp", detail=_aged(round(age)))


def _aged(seconds: int) -> str:
    return f"{seconds:,} s old" if seconds > 0 else f"{-seconds:,} s in the future"


def encoded(text: str) -> bytes:
    """The text of a header as bytes to compare; never raises."""
    return text.encode("utf-8", "surrogateescape")


def pairs(header: str, separator: str = ",") -> list[tuple[str, str]]:
    """`t=1,v1=ab,v1=cd` as pairs, in order; parts without `=` are omitted."""
    parts = (part.strip().partition("=") for part in header.split(separator))
    return [(key, value) for key, equals, value in parts if equals]


def values(parts: Sequence[tuple[str, str]], key: str) -> list[str]:
    return [value for name, value in parts if name == key]
