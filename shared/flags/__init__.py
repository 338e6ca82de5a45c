"""Feature flags: compiled once, then evaluated without interpretation. Pure.

What reads and checks flags is loaded when it is asked for: who only evaluates them starts without pydantic.
"""

import importlib
from typing import TYPE_CHECKING, Any

from shared.flags.evaluation import ABSENT, Evaluation, FlagBroken, FlagNotFound
from shared.flags.flagset import FlagSet
from shared.flags.plain import Plain
from shared.values.unicode import is_unicode

if TYPE_CHECKING:
    from shared.flags.definition import Definition
    from shared.flags.shorthand import Flag, lowered

__all__ = [
    "ABSENT",
    "Definition",
    "Evaluation",
    "Flag",
    "FlagBroken",
    "FlagNotFound",
    "FlagSet",
    "Plain",
    "is_unicode",
    "lowered",
]
_CHECKED = {"Definition": "definition", "Flag": "shorthand", "lowered": "shorthand"}


def __getattr__(name: str) -> Any:
    """PEP 562."""
    if name not in _CHECKED:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"shared.flags.{_CHECKED[name]}"), name)
