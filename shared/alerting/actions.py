"""What a person does about an alert, and what the end of a timer does."""

from datetime import datetime
from typing import Literal

from shared.alerting.alert import AlertDoc, Held, noted_in_episode, state_of, with_hold
from shared.alerting.hold_reasons import Verdict
from shared.alerting.interruption import after_wait
from shared.alerting.lifecycle import Change
from shared.alerting.places import first_due
from shared.alerting.state_machine import OPEN, TABLE
from shared.events import iso


def act(
    alert: AlertDoc | None, input: Literal["is acknowledged", "is snoozed"], *, by: str, now: datetime, until: datetime
) -> Change:
    """An acknowledgement or a snooze: nothing notifies anybody before *until*."""
    state = state_of(alert)
    to, effect = TABLE[state][input]
    if alert is None or effect != "wait":
        return Change(None, "nothing", f"{input}, but {'it already was' if state in OPEN else 'it is not open'}")
    changed: AlertDoc = {
        **alert, "state": to, "acknowledged_at": iso(now), "acknowledged_by": by, "until": iso(until),
        "calls_at": iso(until) if alert["group"] else None, "held": None, "again": None, "pending": None,
        "unresolved": None, "told_on": [], "episodes": noted_in_episode(alert, {"acted": iso(now)}),
    }  # fmt: skip
    return Change(changed, effect, f"{to} by {by}")


def hold(alert: AlertDoc, verdict: Verdict, reached: dict[str, float], now: datetime) -> AlertDoc:
    """An *alert* that has notified up to the places *reached*, by route, and is muted on all these routes since.

    When the *verdict* ends, or a route that has not notified yet is to be checked, opos judges it again on all routes.
    """
    held: Held = {"by": verdict.by, "reason": verdict.reason, "since": iso(now), "reached": reached}
    until = iso(verdict.until) if verdict.until else None
    return {
        **alert, "calls_at": first_due([alert["calls_at"], until]), "held": held, "told_on": [],
        "episodes": with_hold(alert, verdict.by, verdict.reason, now),
    }  # fmt: skip


def end_timer(alert: AlertDoc) -> Change:
    """The end of a hold, an acknowledgement or a snooze."""
    state = state_of(alert)
    to, effect = TABLE[state]["timer ends"]
    if effect != "notify":
        return Change(None, effect, f"is {state}")
    reason = alert["held"]["reason"] if alert["held"] else f"was {state} and still fires"
    return Change({**alert, "state": to, "until": None, "again": after_wait(alert)}, effect, reason)
