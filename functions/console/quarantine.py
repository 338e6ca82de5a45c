"""Why an event failed validation, in words. What the sender sent instead is redacted as in the payload."""

import re
from typing import NamedTuple

from shared.values.masking import redacted

_EXPECTED = re.compile(r"expected (\S+) to be (\w+), found (.+)", re.DOTALL)
_KINDS = {
    "dict": "an object", "list": "a list", "str": "text", "int": "a number", "float": "a number",
    "bool": "true or false",
}  # fmt: skip


class Fault(NamedTuple):
    """What is wrong: `field` should be `wanted`, but is `was`. Where the reason names no field, these are empty."""

    reason: str
    field: str = ""
    wanted: str = ""
    was: str = ""

    @property
    def words(self) -> str:
        return f"{self.field} should be {self.wanted}, but is {self.was}" if self.field else self.reason


def fault(reason: str) -> Fault:
    """The fault in the stored *reason*."""
    match = _EXPECTED.fullmatch(reason)
    if match is None:
        return Fault(redacted(reason[:1].upper() + reason[1:]))
    kind, _, value = match[3].partition(" ")
    was = f"{_KINDS.get(kind, kind)} {redacted(value, match[1].rpartition('.')[2])}".strip()
    return Fault(redacted(reason), match[1], _KINDS.get(match[2], match[2]), was)
