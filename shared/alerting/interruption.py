"""Why an alert interrupts you now, though it is not new: one sentence for a person.

Times in a sentence are as they are stored; whoever shows it puts them into the operator's zone.
"""

from collections.abc import Iterable
from datetime import datetime

from shared.alerting.alert import Again, AlertDoc, HeldBy
from shared.events import Severity
from shared.values.local_time import duration

_MUTES: frozenset[HeldBy] = frozenset({"interval", "silence", "inhibition"})
_PAUSES: dict[HeldBy, str] = {
    "pause": "Still firing after its pause.",
    "flapping": "It flapped, and now it keeps firing.",
}
MOST = 3
"""How many sentences one page has."""


def after_wait(alert: AlertDoc) -> Again | None:
    """Why *alert* notifies after what it waited for: an acknowledgement, a snooze, or the reason that held it.

    A short wait for the others of its group, or in a storm, is not a reason of its own.
    """
    if alert["state"] in {"acknowledged", "snoozed"}:
        return {"why": _after_act(alert), "reached": None}
    held, again = alert["held"], alert["again"]
    why = after_hold(held["by"], held["reason"]) if held else ""
    places = {**((again and again["reached"]) or {}), **((held and held.get("reached")) or {})}
    return {"why": why, "reached": places or None} if why else again


def after_hold(by: HeldBy | None, reason: str) -> str:
    """What an alert says that notifies after the hold *by* that *reason*; empty if that is not worth a sentence."""
    if by in _MUTES:
        return f"Still firing. It was {reason.rstrip('.')}."
    return _PAUSES.get(by, "") if by else ""


def _after_act(alert: AlertDoc) -> str:
    since, until = alert["acknowledged_at"], alert["until"]
    if not since or not until:
        return f"Still firing. It was {alert['state']}."
    who = "Its sender" if alert["acknowledged_by"] == "its sender" else "You"
    if alert["state"] == "snoozed":
        return f"Still firing. {who} snoozed it at {since} until {until}."
    length = duration(datetime.fromisoformat(until) - datetime.fromisoformat(since))
    return f"Still firing. {who} acknowledged it at {since} for {length}."


def more_severe(severity: Severity) -> Again:
    return {"why": f"More severe than before: now {severity}.", "reached": None}


def interrupted_places(members: Iterable[tuple[AlertDoc, Iterable[str]]]) -> dict[str, float]:
    """The places, by route, after which the escalation of *members* goes on: alerts, each with the keys of its routes.

    A route begins anew, and is not named, if it is new for one of them.
    """
    places: dict[str, list[float | None]] = {}
    for alert, keys in members:
        known = (alert["again"] and alert["again"]["reached"]) or {}
        for key in keys:
            places.setdefault(key, []).append(known.get(key))
    known_places = {key: [at for at in ats if at is not None] for key, ats in places.items()}
    return {key: min(ats) for key, ats in known_places.items() if len(ats) == len(places[key])}


def reasons(alerts: Iterable[AlertDoc], *, new: str) -> list[str]:
    """Why *alerts* interrupt now, each sentence once; *new* is the one for those that are new."""
    whys = dict.fromkeys(alert["again"]["why"] if alert["again"] else new for alert in alerts)
    return [why for why in whys if why][:MOST]
