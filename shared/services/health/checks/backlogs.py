"""What the operator should look at, though nothing is broken: small sets, each counted by an index."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.context import Context
from shared.ports import Condition


@dataclass(frozen=True, slots=True)
class Concern:
    """`name` is the health report's; *noun* and *trouble* say it to a person: `2 webhooks` `in quarantine`."""

    name: str
    collection: str
    where: tuple[Condition, ...]
    noun: str
    trouble: str
    failure: str
    """As in `shared.health.failures`."""


_FAILED: tuple[Condition, ...] = (("state", "==", "failed"),)
_PARKED: tuple[Condition, ...] = (("state", "==", "parked"),)
CONCERNS: tuple[Concern, ...] = (
    Concern(
        "events:quarantined", "events", (("quarantine", ">", ""),), "webhook", "in quarantine", "events-quarantined"
    ),
    Concern("messages:dead", "dead_letters", (), "message", "that could not be handled", "messages-dead"),
    Concern("outbox:failed", "outbox", _FAILED, "page", "that its channel refused", "pages-refused"),
    Concern("outbox:parked", "outbox", _PARKED, "page", "given up after many attempts", "pages-refused"),
    Concern("digests:failed", "digests", _FAILED, "digest", "that its channel refused", "digests-refused"),
    Concern("digests:parked", "digests", _PARKED, "digest", "given up after many attempts", "digests-refused"),
)


def concerns(context: Context) -> Iterator[tuple[Concern, int]]:
    """Each concern, with how many there are now."""
    return ((one, context.store.count(one.collection, where=one.where)) for one in CONCERNS)
