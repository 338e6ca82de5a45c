"""Which bucket of a flag a user falls into: one user is always in the same bucket.

Source: flagd specification, `fractional` operation version 3: murmur3_x86_32 over the canonical CBOR of the value.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")
Bucket = Callable[[str], int]
_SMALL, _BYTE, _SHORT = 24, 0x100, 0x10000


def bucket_of(flag: str, total: int) -> Bucket:
    """A function that returns a user's bucket in *flag*, from 0 to *total* - 1.

    It raises UnicodeError for a user that UTF-8 cannot encode.
    """
    hash_, head = _hash(), _head(flag)

    def bucket(user: str) -> int:
        return (hash_(head + _text(user), 0, False) * total) >> 32  # noqa: FBT003  (unsigned; a keyword would be slower)

    return bucket


def split(flag: str, limit: int, total: int, below: T, above: T) -> Callable[[str], T]:
    """A function that returns *below* for a user whose bucket is below *limit*, else *above*.

    It compares the hash itself, once, and raises as a Bucket does.
    """
    hash_, head = _hash(), _head(flag)
    end = -((limit << 32) // -total)

    def choose(user: str) -> T:
        return below if hash_(head + _text(user), 0, False) < end else above  # noqa: FBT003

    return choose


def _hash() -> Callable[[bytes, int, bool], int]:
    import mmh3

    return mmh3.hash


def _head(flag: str) -> bytes:
    """The start of the hashed list of flag and user: it is the same for all users, so it is encoded once."""
    return b"\x82" + _text(flag)


def value_bucket(value: Any, total: int) -> int:
    """The bucket of any *value* that JSON can express. Raises ValueError, TypeError or OverflowError for others."""
    import cbor2
    import mmh3

    encoded = _text(value) if isinstance(value, str) else cbor2.dumps(_whole(value), canonical=True)
    return (mmh3.hash(encoded, signed=False) * total) >> 32


@lru_cache(maxsize=256)
def _text(text: str) -> bytes:
    """*text* in CBOR (RFC 8949, section 3.1, major type 3), with the shortest head.

    It is cached because a caller that evaluates all flags does so for one user.
    """
    encoded = text.encode()
    size = len(encoded)
    if size < _SMALL:
        return bytes((0x60 + size,)) + encoded
    if size < _BYTE:
        return bytes((0x78, size)) + encoded
    return (b"\x79" + size.to_bytes(2) if size < _SHORT else b"\x7a" + size.to_bytes(4)) + encoded


def _whole(value: Any) -> Any:
    """*value* with whole floats as integers, if 64 bits can hold them."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    whole = isinstance(value, float) and value.is_integer() and -(2**63) <= value <= 2**64 - 1
    return int(value) if whole else value
