"""The open alerts, read with a bound: the most urgent first, with true counts however many there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.alerting.attention import needs_now, urgency
from shared.context import Context
from shared.ports import Doc, Store
from shared.ports.terms import NOW
from shared.services.search import NO_FILTERS, open_alerts

STATES = ("firing", "acknowledged", "snoozed")
MOST = 200
"""How many alerts are read."""


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """The open alerts that were read, in the order to act. `counts` are of all, by state.

    `unread_critical` is how many others need the operator now; None: nobody knows, since an upgrade has left
    more alerts than are read before the sweeper has rewritten them.
    """

    docs: list[Doc]
    counts: Mapping[str, int]
    unread_critical: int | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_whole(self) -> bool:
        return len(self.docs) == self.total

    @property
    def needing(self) -> list[Doc]:
        """Those read that need the operator now."""
        return [doc for doc in self.docs if needs_now(doc.data)]

    @property
    def now(self) -> int:
        """How many need the operator now, as far as anybody knows."""
        return len(self.needing) + (self.unread_critical or 0)


def read_open_alerts(context: Context, *, most: int = MOST) -> OpenAlerts:
    """The *most* urgent of the open alerts."""
    listing = open_alerts(NO_FILTERS, context, most)
    ordered = sorted(listing.rows, key=lambda doc: urgency(doc.data))
    if listing.total is None:
        return OpenAlerts(ordered, _counts(context.store), None)
    counts = {state: listing.count(state=state) for state in STATES}
    read = sum(needs_now(doc.data) for doc in listing.rows)
    return OpenAlerts(ordered, counts, max(0, listing.counts[NOW] - read))


def _counts(store: Store) -> dict[str, int]:
    return {state: store.count("alerts", where=[("state", "==", state)]) for state in STATES}
