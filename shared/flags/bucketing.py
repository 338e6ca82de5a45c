"""Which share of the users an id falls into: the same id always into the same place.

Source: flagd specification, `fractional` operation version 3: murmur3_x86_32 over the canonical CBOR of the value.
"""

WEIGHTS = 100_000
"""The parts of the whole: a thousandth of a percent."""


def bucket(flag: str, targeting_key: str) -> int:
    """The place of *targeting_key* in *flag*, from 0 to WEIGHTS - 1."""
    import cbor2
    import mmh3

    digest = mmh3.hash(cbor2.dumps([flag, targeting_key], canonical=True), signed=False)
    return (digest * WEIGHTS) >> 32
