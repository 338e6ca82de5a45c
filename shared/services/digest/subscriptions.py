"""Whether a digest is sent as mail: a link in each mail unsubscribes from its queue, and its page subscribes again.

opos still makes the digest and shows it on the console.
"""

from datetime import datetime

from shared.config.channels import EmailChannel
from shared.context import Context
from shared.digest.batch import Batching
from shared.events import iso
from shared.ports import Set
from shared.ports.field_paths import EXPIRY
from shared.services.outbox.message import MessageChange
from shared.services.outbox.outcome import KEEP


def is_wanted(rules: Batching, context: Context) -> bool:
    if not isinstance(context.config.channels[rules.channel], EmailChannel):
        return True
    subscription = context.store.get(f"subscriptions/{rules.queue}")
    return subscription is None or subscription.data["stopped_at"] is None


def subscribe(queue: str, context: Context, *, wanted: bool) -> None:
    """Subscribe to *queue*, or unsubscribe. Repeating it changes nothing."""
    context.store.commit([Set(f"subscriptions/{queue}", {"stopped_at": None if wanted else iso(context.now)})])


def kept_unsent(now: datetime) -> MessageChange:
    """The state of a digest that nobody wants to be sent."""
    detail = "not sent: you unsubscribed from this digest"
    return {
        "state": "sent", "attempts": 0, "due_at": None, "receipt": {"detail": detail, "at": iso(now)},
        EXPIRY: iso(now + KEEP),
    }  # fmt: skip
