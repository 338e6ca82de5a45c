"""The alerts that wait in a queue, and how each queue is batched. Shared by router, digest sender and sweeper."""

from shared.config.config import Config
from shared.context import Context
from shared.digest.batch import Batching
from shared.events import Queue
from shared.ports import Condition, Doc

MOST = 500
"""Read at once. Where more wait, batches are full anyway, and which are sent first matters less than that they are."""


def batching(queue: Queue, config: Config) -> Batching:  # noqa: ARG001  (there will be more digests than one)
    digest = config.digest
    return Batching(digest.channel, size=digest.size, window=digest.window, severity="info")


def count_waiting(queue: Queue, context: Context) -> int:
    return context.store.count("alerts", where=[_in(queue)])


def waiting(queue: Queue, context: Context) -> list[Doc]:
    """Those that wait, the longest waiting first."""
    docs = context.store.query("alerts", where=[_in(queue)], limit=MOST)
    return sorted(docs, key=lambda doc: (str(doc.data["pending"]["since"]), doc.id))


def _in(queue: Queue) -> Condition:
    return ("pending.queue", "==", queue)
