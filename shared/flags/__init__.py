"""Feature flags: compiled once, then evaluated without interpretation. Pure."""

from shared.flags.definition import Definition
from shared.flags.evaluate import ABSENT, Evaluation, FlagBroken, FlagNotFound
from shared.flags.flagset import FlagSet
from shared.flags.shorthand import Flag, lowered
from shared.flags.unicode import is_unicode

__all__ = [
    "ABSENT",
    "Definition",
    "Evaluation",
    "Flag",
    "FlagBroken",
    "FlagNotFound",
    "FlagSet",
    "is_unicode",
    "lowered",
]
