"""The states of a component and of the whole page, and the words that the public reads."""

from collections.abc import Iterable, Mapping
from typing import Literal

State = Literal["operational", "maintenance", "unknown", "degraded", "down"]
WORSE: tuple[State, ...] = ("operational", "maintenance", "unknown", "degraded", "down")
"""From best to worst. Unknown is never shown as good, so only a known problem is worse."""
WORDS: Mapping[State, str] = {
    "operational": "Operational", "maintenance": "Maintenance", "unknown": "Unknown", "degraded": "Degraded",
    "down": "Down",
}  # fmt: skip
SHAPES: Mapping[State, str] = {"operational": "●", "maintenance": "◆", "unknown": "?", "degraded": "▲", "down": "✕"}
"""A shape for each state, so that nobody has to tell colours apart."""


def worst(states: Iterable[State]) -> State:
    return max(states, key=WORSE.index, default="operational")
