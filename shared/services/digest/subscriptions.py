"""Whether a digest is wanted as mail: a link in each of them stops it, and another one lets it begin again.

What it would have said is made all the same, and kept on the console.
"""

from datetime import datetime
from typing import Any

from shared.config.channels import EmailChannel
from shared.context import Context
from shared.digest.batch import Batching
from shared.events import iso
from shared.ports import Set
from shared.ports.field_paths import EXPIRY
from shared.services.outbox.delivery import KEEP


def is_wanted(how: Batching, context: Context) -> bool:
    if not isinstance(context.config.channels[how.channel], EmailChannel):
        return True
    found = context.store.get(f"subscriptions/{how.queue}")
    return found is None or found.data["stopped_at"] is None


def subscribe(queue: str, context: Context, *, wanted: bool) -> None:
    """Doing it twice is doing it once."""
    context.store.commit([Set(f"subscriptions/{queue}", {"stopped_at": None if wanted else iso(context.now)})])


def kept_unsent(now: datetime) -> dict[str, Any]:
    """The state of a digest that nobody wants to be sent."""
    receipt = {"detail": "not sent: the mail of this digest was stopped", "at": iso(now)}
    return {"state": "sent", "attempts": 0, "due_at": None, "receipt": receipt, EXPIRY: iso(now + KEEP)}
