"""What a person does about an alert, and what time does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from shared.alerting.alert import noted_in_episode
from shared.alerting.lifecycle import Change
from shared.alerting.state_machine import OPEN, TABLE, State
from shared.events import iso


def act(
    known: Mapping[str, Any] | None, happening: Literal["is acknowledged", "is snoozed"], *,
    by: str, now: datetime, until: datetime,
) -> Change:  # fmt: skip
    """Somebody is on it, or will be later: nothing calls before *until*."""
    state: State = known["state"] if known else "unknown"
    to, effect = TABLE.get(state, TABLE["unknown"])[happening]
    if known is None or effect != "wait":
        return Change(None, "nothing", f"{happening}, but it is {'that already' if state in OPEN else 'not open'}")
    changes = {
        "state": to, "acknowledged_at": iso(now), "acknowledged_by": by, "until": iso(until),
        "calls_at": iso(until) if known.get("group") else None, "held": None, "pending": None, "unresolved": None,
        "episodes": noted_in_episode(known, acted=iso(now)),
    }  # fmt: skip
    return Change({**known, **changes}, effect, f"{to} until {iso(until)} by {by}")


def wake(known: Mapping[str, Any]) -> Change:
    """The time of an alert comes: a wait is over, or an acknowledgement or a snooze has ended."""
    state: State = known["state"]
    to, effect = TABLE[state]["its time comes"]
    if effect != "tell":
        return Change(None, effect, f"is {state}")
    held = known["held"]
    reason = held["reason"] if held else f"was {state} at {known['acknowledged_at']} and still fires"
    return Change({**known, "state": to, "until": None}, effect, reason)
