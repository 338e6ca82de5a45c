"""Takes into the records what the mappings of a source read in its events."""

from functions.record_keeper.context import KeeperContext
from shared.config.records.mappings import matching
from shared.events import EventAccepted


def handle(message: EventAccepted, context: KeeperContext) -> None:
    """Take in one event. To take it in again changes nothing. An event that no mapping reads costs nothing.

    Raises CompanyFault while `company/` is broken, so that the event waits. What does not fit is kept as a failed
    message, and the rest of the event counts.
    """
    source = context.config.sources.get(message.source)
    if source is None or message.repeats:  # what it repeats is taken in itself
        return
    if known := matching(message.source, source, message.type):
        from functions.record_keeper.event_records import take_in

        take_in(message, source, known, context)
