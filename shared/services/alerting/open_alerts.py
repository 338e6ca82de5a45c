"""The open alerts, read with a bound: the most urgent first, with true counts however many there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.alerting.alert import effective_severity
from shared.alerting.attention import needs_now, urgency
from shared.context import Context
from shared.ports import Doc
from shared.services.search import NO_FILTERS, open_alerts

STATES = ("firing", "acknowledged", "snoozed")
MOST = 200
"""How many alerts are read."""


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """The open alerts that were read, in the order to act. `counts` are of all, by state.

    `unread_critical` is how many critical alerts fire that were not read.
    """

    docs: list[Doc]
    counts: Mapping[str, int]
    unread_critical: int

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
        """How many need the operator now, as far as the alerts that were not read are not held."""
        return len(self.needing) + self.unread_critical


def read_open_alerts(context: Context, *, most: int = MOST) -> OpenAlerts:
    """The *most* urgent of the open alerts."""
    listing = open_alerts(NO_FILTERS, context, most)
    read = sum(_is_critical(doc) for doc in listing.rows)
    ordered = sorted(listing.rows, key=lambda doc: urgency(doc.data))
    counts = {state: listing.count(state=state) for state in STATES}
    return OpenAlerts(ordered, counts, max(0, listing.count(state="firing", severity="critical") - read))


def _is_critical(doc: Doc) -> bool:
    is_firing = doc.data["state"] == "firing"
    return is_firing and effective_severity(doc.data["severity"]) == "critical"
