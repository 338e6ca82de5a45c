"""The digests that are due."""

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
    """A message for each queue whose first batch may be sent now."""
    return (message for first in longest_waiting(context) if (message := _due(first, context)))


def _due(first: Doc, context: Context) -> DigestDue | None:
    """The message for the batch that starts with *first*; None if the batch may not be sent yet."""
    queue, since = first.data["pending"]["queue"], datetime.fromisoformat(first.data["pending"]["since"])
    rules = batching(queue, context.config)
    has_ended = rules.ends(since) <= context.now
    is_full = not has_ended and rules.size is not None and count_waiting(queue, context) >= rules.size
    if not (has_ended or is_full) or held(since, context)(context.now):
        return None
    return DigestDue(queue=queue, reason="window" if has_ended else "size")
