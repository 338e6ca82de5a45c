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
    held = alert["held"]
    if held and held["by"] in _MUTES:
        return {"why": f"Still firing. It was {held['reason'].rstrip('.')}.", "reached": held.get("reached")}
    if held and held["by"] in _PAUSES:
        return {"why": _PAUSES[held["by"]], "reached": None}
    return alert["again"]


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


def place_reached(alerts: Iterable[AlertDoc]) -> float | None:
    """The place, in seconds, after which the escalation of *alerts*, which notify together, goes on.

    None if it begins, because one of them is new.
    """
    places = [alert["again"]["reached"] if alert["again"] else None for alert in alerts]
    known = [place for place in places if place is not None]
    return min(known) if known and len(known) == len(places) else None


def reasons(alerts: Iterable[AlertDoc], *, new: str) -> list[str]:
    """Why *alerts* interrupt now, each sentence once; *new* is the one for those that are new."""
    whys = dict.fromkeys(alert["again"]["why"] if alert["again"] else new for alert in alerts)
    return [why for why in whys if why][:MOST]
