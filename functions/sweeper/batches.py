"""Digests that are due."""

from typing import Literal

from shared.context import Context
from shared.digest.batch import closes
from shared.events import QUEUES, DigestDue, Queue
from shared.waiting import batching, waiting


def close_old_batches(context: Context) -> None:
    for queue in QUEUES:
        if reason := due_batch(queue, context):
            context.bus.publish(DigestDue(queue=queue, reason=reason))


def due_batch(queue: Queue, context: Context) -> Literal["size", "window"] | None:
    """Why the batch in *queue* is due; None while it is not."""
    items = [doc.data for doc in waiting(queue, context)]
    return closes(items, batching(queue, context.config), now=context.now)
