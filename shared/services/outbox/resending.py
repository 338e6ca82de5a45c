"""Sends again what was given up, after its cause was fixed: `opos retry`, and the button of the console."""

from datetime import datetime

from shared.events import iso
from shared.ports import Doc, Update

UNDELIVERED = ("failed", "parked")
"""The states of a message that opos no longer tries to send."""


def is_undelivered(doc: Doc) -> bool:
    return doc.data.get("state") in UNDELIVERED


def once_more(doc: Doc, now: datetime) -> Update:
    """The write by which the next sweep sends the message *doc* again, under the key that it always had."""
    return Update(doc.path, {"state": "pending", "attempts": 0, "due_at": iso(now)}, doc.version)
