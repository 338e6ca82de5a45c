"""Which share of the users an id falls into: the same id always into the same place.

Source: flagd specification, `fractional` operation version 3: murmur3_x86_32 over the canonical CBOR of the value.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")
Bucket = Callable[[str], int]
_SMALL, _BYTE, _SHORT = 24, 0x100, 0x10000


def bucket_of(flag: str, total: int) -> Bucket:
    """The place of a user in *flag*, from 0 to *total* - 1. Raises UnicodeError for what UTF-8 cannot spell."""
    hash_, head = _hash(), _head(flag)

    def place(user: str) -> int:
        return (hash_(head + _text(user), 0, False) * total) >> 32  # noqa: FBT003  (unsigned; it takes no keyword as fast)

    return place


def split(flag: str, limit: int, total: int, below: T, above: T) -> Callable[[str], T]:
    """What falls to a user whose place is *below* the limit, or not: a single comparison of the hash itself.

    What is made raises as a Bucket does.
    """
    hash_, head = _hash(), _head(flag)
    end = -((limit << 32) // -total)

    def fall(user: str) -> T:
        return below if hash_(head + _text(user), 0, False) < end else above  # noqa: FBT003

    return fall


def _hash() -> Callable[[bytes, int, bool], int]:
    import mmh3

    return mmh3.hash


def _head(flag: str) -> bytes:
    """The hash is over the list of flag and user; only the user's text changes, so the rest is encoded once."""
    return b"\x82" + _text(flag)


def place_of(value: Any, total: int) -> int:
    """The place of any *value* that JSON can spell. Raises ValueError or its like for another."""
    import cbor2
    import mmh3

    encoded = _text(value) if isinstance(value, str) else cbor2.dumps(_whole(value), canonical=True)
    return (mmh3.hash(encoded, signed=False) * total) >> 32


@lru_cache(maxsize=256)
def _text(text: str) -> bytes:
    """*text* in CBOR (RFC 8949, section 3.1, major type 3), with the shortest head.

    The last few are remembered: who asks for all flags at once asks for each with the same user.
    """
    spelled = text.encode()
    size = len(spelled)
    if size < _SMALL:
        return bytes((0x60 + size,)) + spelled
    if size < _BYTE:
        return bytes((0x78, size)) + spelled
    return (b"\x79" + size.to_bytes(2) if size < _SHORT else b"\x7a" + size.to_bytes(4)) + spelled


def _whole(value: Any) -> Any:
    """*value* with numbers that are whole as integers, as far as 64 bits hold them."""
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    whole = isinstance(value, float) and value.is_integer() and -(2**63) <= value <= 2**64 - 1
    return int(value) if whole else value
