"""The dismissal of an event in quarantine: it leaves the list of problems, and the event log keeps it."""

from datetime import datetime

from shared.events import iso
from shared.ports import Doc, Update


def dismissal(event: Doc, why: str, now: datetime) -> Update:
    """The write that dismisses *event*, and stores *why*."""
    note = {"why": why, "at": iso(now), "was": event.data["quarantine"]}
    return Update(event.path, {"quarantine": "", "dismissed": note}, event.version)
