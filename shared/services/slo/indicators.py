"""How often each promise was kept: counted in memory by each process, and written down once a minute (ADR 17)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

from shared.ports import Set, Store
from shared.ports.field_paths import EXPIRY
from shared.process.background_task import Behind
from shared.process.fold_buffer import Gathered
from shared.slo.burn_rate import Counts, Indicator, Slots, merged, slot_of
from shared.telemetry.logger import log as _log
from shared.values.timestamps import day, iso

if TYPE_CHECKING:
    from shared.config.slos import Slos

EVERY = 60.0
KEEP = timedelta(days=45)
INDICATORS: tuple[Indicator, ...] = get_args(Indicator)
Counted = dict[datetime, dict[Indicator, Counts]]


Seen = tuple[Indicator, datetime, float, bool]
"""An indicator, when, how many seconds it took, and whether it came out well apart from that."""


@dataclass
class Indicators:
    """The counts of the process called *instance*, for the day that it is. What it counted since its last report ends
    with it, the good like the bad.
    """

    store: Callable[[], Store]
    instance: str
    slos: Callable[[], "Slos"]
    _counted: Counted = field(default_factory=dict)
    _changed: bool = False

    def __post_init__(self) -> None:
        self._seen = Gathered(self._count)
        self.reporting = Behind(self.report, EVERY, at_once=False)

    def took(self, indicator: Indicator, seconds: float, now: datetime, *, well: bool = True) -> None:
        """It is good if it came out *well*, and took no longer than its objective says."""
        self._seen.saw(((indicator, now, seconds, well),))
        self.reporting.ask(now)

    def _count(self, seen: list[Seen]) -> None:
        slos = self.slos()
        within = {name: slos.objective(name).within.total_seconds() for name in INDICATORS}
        for indicator, now, seconds, well in seen:
            counts, good = self._counted.setdefault(slot_of(now), {}), well and seconds <= within[indicator]
            was_good, was_bad = counts.get(indicator, (0, 0))
            counts[indicator] = was_good + good, was_bad + (not good)
        self._changed = self._changed or bool(seen)

    def report(self, now: datetime) -> None:
        with self._seen.folding:
            self._seen.fold()
            if not self._changed:
                return
            writes = [self._document(one, now) for one in sorted({day(slot) for slot in self._counted})]
            self._changed = False
        try:
            self.store().commit(writes)
        except Exception as fault:  # noqa: BLE001  (the next report holds it all)
            _log.warning("indicators_not_reported", error=type(fault).__name__)
            self._changed = True
            return
        with self._seen.folding:
            self._counted = {slot: counts for slot, counts in self._counted.items() if day(slot) == day(now)}

    def _document(self, of: str, now: datetime) -> Set:
        slots = {iso(slot): counts for slot, counts in self._counted.items() if day(slot) == of}
        content = {"day": of, "slots": json.dumps(slots), EXPIRY: iso(now + KEEP)}
        return Set(f"indicators/{of}-{self.instance}", content)


def counted(store: Store, since: datetime) -> Mapping[Indicator, Slots]:
    """What all processes have counted from the day of *since* on."""
    docs = store.query("indicators", where=[("day", ">=", day(since))], order_by="day")
    many = [_slots(doc.data["slots"]) for doc in docs]
    return {name: merged(one.get(name, {}) for one in many) for name in INDICATORS}


def _slots(text: str) -> dict[Indicator, dict[datetime, Counts]]:
    found: dict[Indicator, dict[datetime, Counts]] = {}
    for slot, counts in json.loads(text).items():
        for name, (good, bad) in counts.items():
            found.setdefault(name, {})[datetime.fromisoformat(slot)] = good, bad
    return found
