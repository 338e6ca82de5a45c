"""Sends messages that are stuck in the outbox: their worker has stopped, or their wait has ended."""

from collections import Counter

from functions.sweeper.recovery import BATCH, recover_each
from shared.ports import Doc
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import due, retake

PATIENCE = 3
"""How many messages a channel may reject in one sweep before the sweep sends no more on it."""


def send_stuck_pages(context: OutboxContext) -> None:
    _send_stuck("outbox", context)


def send_stuck_digests(context: OutboxContext) -> None:
    _send_stuck("digests", context)


def _send_stuck(collection: str, context: OutboxContext) -> None:
    """Send every message of *collection* that is due. A channel that accepts nothing is skipped until the next sweep.

    Each attempt on such a channel may cost its timeout, and messages on other channels must not wait for that.
    """
    rejected = Counter[str]()

    def send_again(doc: Doc) -> None:
        channel = str(doc.data.get("channel"))
        if rejected[channel] < PATIENCE and retake(doc, context) == "pending":
            rejected[channel] += 1

    recover_each(due(collection, context, limit=BATCH), send_again)
