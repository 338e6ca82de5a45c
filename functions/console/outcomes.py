"""What became of an event, as pages word it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.services.search.filters import outcomes


class Outcome(NamedTuple):
    words: str
    sign: str
    colour: str = ""


OUTCOMES: Mapping[str, Outcome] = {
    "dead": Outcome("Failed", "fail", "critical"),
    "quarantined": Outcome("Quarantined", "box", "warning"),
    "notified": Outcome("Notified immediately", "send", "critical"),
    "held": Outcome("Held", "pause", "warning"),
    "digest": Outcome("Waiting for the digest", "wait", "info"),
    "repeat": Outcome("Repeat", "skip", "mute"),
    "accepted": Outcome("Not processed yet", "dot", "mute"),
    "recorded": Outcome("Recorded", "in", "soft"),
}
"""The first that an event has is its mark."""
UNKNOWN = Outcome("Recorded", "in", "soft")
DECISIONS: Mapping[str, Outcome] = {
    "page": Outcome("Decided: notify now", "send", "critical"),
    "hold": Outcome("Decided: hold", "pause", "warning"),
    "digest": Outcome("Decided: wait for the digest", "wait", "info"),
}
RECORDED = Outcome("Decided: record", "in", "soft")


def outcome(data: Mapping[str, Any]) -> Outcome:
    """The outcome of the event in *data* that matters most."""
    of_event = outcomes(data)
    return next((mark for name, mark in OUTCOMES.items() if name in of_event), UNKNOWN)
