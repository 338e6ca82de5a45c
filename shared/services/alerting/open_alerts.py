"""The open alerts, read with a bound: the most urgent first, with true counts however many there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.alerting.attention import needs_now, urgency
from shared.ports import Condition, Doc, Store

STATES = ("firing", "acknowledged", "snoozed")
MOST = 2000
"""How many alerts are read in each state, and how many that are important enough to interrupt."""


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """The open alerts in the order to act, and how many are in each state.

    If not `is_whole`, there are more than were read. If still `is_complete`, all that may interrupt are among them.
    """

    docs: list[Doc]
    counts: Mapping[str, int]
    is_whole: bool
    is_complete: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def needing(self) -> list[Doc]:
        """Those that need the operator now."""
        return [doc for doc in self.docs if needs_now(doc.data)]


def open_alerts(store: Store, *, most: int = MOST) -> OpenAlerts:
    """Reads at most *most* alerts of each state. Of more it also reads those with a group: only these interrupt."""
    docs: dict[str, Doc] = {}
    counts: dict[str, int] = {}
    for state in STATES:
        where: list[Condition] = [("state", "==", state)]
        read = list(store.query("alerts", where=where, limit=most))
        counts[state] = len(read) if len(read) < most else max(store.count("alerts", where=where), most)
        docs |= {doc.path: doc for doc in read}
    is_whole = len(docs) == sum(counts.values())
    important: list[Doc] = []
    if not is_whole:
        important = list(store.query("alerts", where=[("group", ">", "")], order_by="group", limit=most))
        docs |= {doc.path: doc for doc in important if doc.data["state"] in STATES}
    ordered = sorted(docs.values(), key=lambda doc: urgency(doc.data))
    return OpenAlerts(ordered, counts, is_whole, is_whole or len(important) < most)
