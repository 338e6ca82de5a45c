"""Sends messages that are stuck in the outbox: their worker has stopped, or their wait has ended."""

from collections import Counter
from collections.abc import Iterator, Mapping

from functions.sweeper.recovery import BATCH, recover_each
from functions.sweeper.resolved_notices import may_go
from shared.ports import Doc
from shared.services.outbox.addressees import addressed, receiver_name
from shared.services.outbox.attempt import Attempt
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import due, retake

PATIENCE = 3
"""How many messages a channel may reject in one sweep before the sweep sends no more on it."""
LONGEST = 45.0
"""Seconds after which a sweep leaves the rest to the next one: less than a push may take."""


def send_stuck_pages(context: OutboxContext) -> None:
    _send_stuck("outbox", context)


def send_stuck_digests(context: OutboxContext) -> None:
    _send_stuck("digests", context)


def _send_stuck(collection: str, context: OutboxContext) -> None:
    """Send every message of *collection* that is due. A channel that accepts nothing is skipped until the next sweep.

    Each attempt on such a channel may cost its deadline, and messages on other channels must not wait for that.
    """
    rejected, slow = Counter[str](), dict[str, Attempt]()

    def send_again(doc: Doc) -> None:
        channel = receiver_name(doc.data)
        if channel in slow:
            missed = slow.pop(channel).outcome() == "pending"
            rejected[channel] += PATIENCE * missed
        elif context.elapsed_seconds > LONGEST:
            return
        elif (attempt := retake(doc, context)) and attempt.is_over():
            rejected[channel] += attempt.outcome() == "pending" and not _goes_on(attempt)
        elif attempt:
            slow[channel] = attempt

    docs: list[Doc] = []
    try:
        recover_each(list(due(collection, context, limit=BATCH)), lambda doc: docs.extend(_to_send(doc, context)))
    finally:
        recover_each(_in_rounds(docs, slow, rejected), send_again)


def _to_send(doc: Doc, context: OutboxContext) -> list[Doc]:
    """The messages that the due message *doc* becomes: one for each addressee; none if it may not be sent yet."""
    return addressed(doc, context) if may_go(doc, context) else []


def _goes_on(attempt: Attempt) -> bool:
    """Whether an earlier attempt to send the message is still in flight: that says nothing about the channel now."""
    return attempt.claim is None and attempt.context.sends.shares.has(attempt.doc.path)


def _in_rounds(docs: list[Doc], slow: Mapping[str, Attempt], rejected: Mapping[str, int]) -> Iterator[Doc]:
    """*docs*, but while a channel is slow, its messages wait for the next round. At the end of each round comes the
    message again for which a slow channel has no outcome yet.
    """
    while docs:
        left: list[Doc] = []
        for doc in docs:
            if receiver_name(doc.data) in slow:
                left.append(doc)
            elif rejected[receiver_name(doc.data)] < PATIENCE:
                yield doc
        yield from [attempt.doc for attempt in slow.values()]
        docs = left
