"""Digests that are due."""

from collections.abc import Iterator
from datetime import datetime

from shared.context import Context
from shared.events import DigestDue
from shared.ports import Doc
from shared.services.alerting.quiet_hours import held
from shared.services.digest.queue import batching, count_waiting, longest_waiting


def close_due_batches(context: Context) -> None:
    for message in due_batches(context):
        context.bus.publish(message)


def due_batches(context: Context) -> Iterator[DigestDue]:
    """What says that a batch may be sent now, for each queue of which that is so."""
    return (message for first in longest_waiting(context) if (message := _due(first, context)))


def _due(first: Doc, context: Context) -> DigestDue | None:
    """Whether the batch that begins with *first* may be sent."""
    queue, since = first.data["pending"]["queue"], datetime.fromisoformat(first.data["pending"]["since"])
    how = batching(queue, context.config)
    over = how.ends(since) <= context.now
    full = not over and how.size is not None and count_waiting(queue, context) >= how.size
    if not (over or full) or held(since, context)(context.now):
        return None
    return DigestDue(queue=queue, reason="window" if over else "size")
