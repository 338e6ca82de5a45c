"""The alerts that wait for a digest, and the batching of each queue. For the router, digest sender, and sweeper."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from shared.config.digests import Digest
from shared.context import Context
from shared.digest.batch import MOST, Batching
from shared.ports import Condition, Doc
from shared.values.cron import next_moment

if TYPE_CHECKING:
    from shared.config.model import Config

_PLACE = "pending.place"


def batching(queue: str, config: "Config") -> Batching:
    """The batching of *queue*. A queue that was removed from the configuration follows the first digest in it."""
    digest = config.digests.get(queue) or next(iter(config.digests.values()))
    ends = partial(_end, digest, config.timezone)
    return Batching(queue, digest.channel, digest.size, ends, digest.messages_per_minute)


def _end(digest: Digest, zone: str, first: datetime) -> datetime:
    if digest.window:
        return first + digest.window
    return next_moment(str(digest.cron), first, zone=digest.timezone or zone)


def count_waiting(queue: str, context: Context) -> int:
    return context.store.count("alerts", where=in_queue(_PLACE, queue))


def waiting(queue: str, context: Context) -> list[Doc]:
    """The items that have waited longest in *queue*, in order: at most as many as one digest takes."""
    return list(context.store.query("alerts", where=in_queue(_PLACE, queue), order_by=_PLACE, limit=MOST))


def longest_waiting(context: Context) -> Iterator[Doc]:
    """The first item of each queue that has items, including queues that are not in the configuration any more."""
    after = ""
    while first := next(context.store.query("alerts", where=[(_PLACE, ">", after)], order_by=_PLACE, limit=1), None):
        yield first
        after = _end_of(first.data["pending"]["queue"])


def in_queue(place: str, queue: str) -> list[Condition]:
    """The conditions for documents whose field *place* starts with *queue* and a slash."""
    return [(place, ">=", f"{queue}/"), (place, "<", _end_of(queue))]


def _end_of(queue: str) -> str:
    """A text after every place of *queue* and before those of the next queue: `0` follows the slash."""
    return f"{queue}0"
