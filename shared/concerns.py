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


CONCERNS: tuple[Concern, ...] = (
    Concern("events:quarantined", "events", (("quarantine", ">", ""),), "webhook", "in quarantine"),
    Concern("messages:dead", "dead_letters", (), "message", "that could not be handled"),
    Concern("outbox:failed", "outbox", (("state", "==", "failed"),), "page", "that its channel refused"),
    Concern("outbox:parked", "outbox", (("state", "==", "parked"),), "page", "given up after many attempts"),
    Concern("digests:failed", "digests", (("state", "==", "failed"),), "digest", "that its channel refused"),
    Concern("digests:parked", "digests", (("state", "==", "parked"),), "digest", "given up after many attempts"),
)


def concerns(context: Context) -> Iterator[tuple[Concern, int]]:
    """Each concern, with how many there are now."""
    return ((one, context.store.count(one.collection, where=one.where)) for one in CONCERNS)
