"""A test of a channel goes the way of every notification: through the outbox, with its attempts and its receipt."""

from shared.context import Context
from shared.events import iso
from shared.ports import Create
from shared.services.outbox.message import QuietMessage


def queue_test(channel: str, context: Context) -> str:
    """The id of a test message to *channel*, which the next sweep sends. It is not counted as an interruption."""
    id, text = context.new_id(), f"This is a test of the channel {channel}. Its buttons lead to a page that says so."
    message: QuietMessage = {
        "made_at": iso(context.now), "channel": channel, "ack": {"test": channel}, "cause": None, "cost": 0.0,
        "notice": {
            "title": "Test notification from opos", "text": text, "severity": "warning",
            "link": context.links.base_url,
        },
        "state": "pending", "fence": 0, "attempts": 0, "due_at": iso(context.now), "receipt": None, "last_fault": None,
    }  # fmt: skip
    context.store.commit([Create(f"outbox/{id}", message)])
    return id
