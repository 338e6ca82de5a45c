"""What waits for the operator although opos itself works: small sets, each counted by an index."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.context import Context
from shared.ports import Condition


@dataclass(frozen=True, slots=True)
class Backlog:
    """`name` is its check in the health report; `noun` and `problem` describe it: `2 webhooks` `in quarantine`."""

    name: str
    collection: str
    where: tuple[Condition, ...]
    noun: str
    problem: str
    failure: str
    """As in `shared.health.failures`."""


_FAILED: tuple[Condition, ...] = (("state", "==", "failed"),)
_PARKED: tuple[Condition, ...] = (("state", "==", "parked"),)
_REJECTED, _GIVEN_UP = "that the channel rejected", "not delivered after many attempts"
BACKLOGS: tuple[Backlog, ...] = (
    Backlog(
        "events:quarantined", "events", (("quarantine", ">", ""),), "webhook", "in quarantine", "events-quarantined"
    ),
    Backlog("messages:dead", "dead_letters", (), "message", "that could not be processed", "messages-dead"),
    Backlog("outbox:failed", "outbox", _FAILED, "notification", _REJECTED, "pages-refused"),
    Backlog("outbox:parked", "outbox", _PARKED, "notification", _GIVEN_UP, "pages-refused"),
    Backlog("digests:failed", "digests", _FAILED, "digest", _REJECTED, "digests-refused"),
    Backlog("digests:parked", "digests", _PARKED, "digest", _GIVEN_UP, "digests-refused"),
)


def backlogs(context: Context) -> Iterator[tuple[Backlog, int]]:
    """Each backlog, with its size."""
    return ((backlog, context.store.count(backlog.collection, where=backlog.where)) for backlog in BACKLOGS)
