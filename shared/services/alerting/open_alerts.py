"""The open alerts, read with a bound: the most urgent first, with true counts however many there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.alerting.alert import effective_severity
from shared.alerting.attention import needs_now, urgency
from shared.context import Context
from shared.ports import Condition, Doc
from shared.ports.earlier_documents import PROGRESS, VERSION
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
    """The *most* urgent of the open alerts. After an upgrade, the first sweeps complete what the index needs."""
    rewritten = context.store.get(PROGRESS)
    if rewritten and rewritten.data["version"] != VERSION:
        return _unindexed(context, most)
    listing = open_alerts(NO_FILTERS, context, most)
    read = sum(_is_critical(doc) for doc in listing.rows)
    ordered = sorted(listing.rows, key=lambda doc: urgency(doc.data))
    counts = {state: listing.count(state=state) for state in STATES}
    return OpenAlerts(ordered, counts, max(0, listing.count(state="firing", severity="critical") - read))


def _unindexed(context: Context, most: int) -> OpenAlerts:
    """At most *most* alerts of each state, whether or not the index has them: all of few, any of many."""
    where: dict[str, list[Condition]] = {state: [("state", "==", state)] for state in STATES}
    docs = [doc for condition in where.values() for doc in context.store.query("alerts", where=condition, limit=most)]
    counts = {state: context.store.count("alerts", where=condition) for state, condition in where.items()}
    return OpenAlerts(sorted(docs, key=lambda doc: urgency(doc.data)), counts, 0)


def _is_critical(doc: Doc) -> bool:
    is_firing = doc.data["state"] == "firing"
    return is_firing and effective_severity(doc.data["severity"]) == "critical"
