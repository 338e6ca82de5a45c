"""The alerts that wait for a digest, and how each digest is batched. Shared by router, digest sender and sweeper."""

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
    """How *queue* is batched. One that is not in the configuration any more goes the way of the first that is."""
    digest = config.digests.get(queue) or next(iter(config.digests.values()))
    return Batching(queue, digest.channel, digest.size, partial(_end, digest, config.timezone))


def _end(digest: Digest, zone: str, first: datetime) -> datetime:
    if digest.window:
        return first + digest.window
    return next_moment(str(digest.cron), first, zone=digest.timezone or zone)


def count_waiting(queue: str, context: Context) -> int:
    return context.store.count("alerts", where=in_queue(_PLACE, queue))


def waiting(queue: str, context: Context) -> list[Doc]:
    """The first that wait in *queue*, the longest waiting first: as many as one digest can hold."""
    return list(context.store.query("alerts", where=in_queue(_PLACE, queue), order_by=_PLACE, limit=MOST))


def longest_waiting(context: Context) -> Iterator[Doc]:
    """The first that waits in each queue in which anything does, also where the configuration knows it no more."""
    behind = ""
    while found := list(context.store.query("alerts", where=[(_PLACE, ">", behind)], order_by=_PLACE, limit=1)):
        yield found[0]
        behind = _end_of(found[0].data["pending"]["queue"])


def in_queue(place: str, queue: str) -> list[Condition]:
    """Those whose field *place* begins with the name of *queue* and a slash."""
    return [(place, ">=", f"{queue}/"), (place, "<", _end_of(queue))]


def _end_of(queue: str) -> str:
    """What stands behind every place of *queue*, and before those of the next: 0 follows the slash."""
    return f"{queue}0"
