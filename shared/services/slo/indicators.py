"""Counts good and bad outcomes: in memory, in each process, and stored once a minute (ADR 17)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from shared.ports import Set, Store
from shared.ports.field_paths import EXPIRY
from shared.process.due_task import DueTask
from shared.process.fold_buffer import FoldBuffer
from shared.slo.burn_rate import Counts, Indicator, Slots, merged, slot_of
from shared.telemetry.logger import log as _log
from shared.values.timestamps import day, iso

if TYPE_CHECKING:
    from shared.config.slos import Slos

EVERY = 60.0
KEEP = timedelta(days=45)
INDICATORS: tuple[Indicator, ...] = get_args(Indicator)
Counted = dict[datetime, dict[Indicator, Counts]]


Report = Mapping[str, Any]
"""A document of a process and a day, as `_document` writes it."""
Seen = tuple[Indicator, datetime, float, bool]
"""An indicator, the time, how many seconds it took, and whether it succeeded."""


@dataclass
class Indicators:
    """The counts of the process called *instance*, for the current day.

    When the process ends, it loses what it has counted since its last report, both good and bad.
    """

    store: Callable[[], Store]
    instance: str
    slos: Callable[[], "Slos"]
    _counted: Counted = field(default_factory=dict)
    _accepted: dict[str, datetime] = field(default_factory=dict)
    _changed: bool = False

    def __post_init__(self) -> None:
        self._seen = FoldBuffer(self._count)
        self.reporting = DueTask(self.report, EVERY, immediately=False)

    def took(self, indicator: Indicator, seconds: float, now: datetime, *, well: bool = True) -> None:
        """Count an outcome: it is good if it came out *well* and took no longer than its objective allows."""
        self._seen.add(((indicator, now, seconds, well),))
        self.reporting.ask(now)

    def accepted(self, source: str, at: datetime) -> None:
        """Note that an event of *source* was accepted *at* a time. The next report of an outcome includes it."""
        self._accepted[source] = max(at, self._accepted.get(source, at))

    def _count(self, seen: list[Seen]) -> None:
        slos = self.slos()
        within = {name: slos.objective(name).within.total_seconds() for name in INDICATORS}
        for indicator, now, seconds, well in seen:
            counts, good = self._counted.setdefault(slot_of(now), {}), well and seconds <= within[indicator]
            was_good, was_bad = counts.get(indicator, (0, 0))
            counts[indicator] = was_good + good, was_bad + (not good)
        self._changed = self._changed or bool(seen)

    def report(self, now: datetime) -> bool:
        """Store the counts. Returns whether the store has them all."""
        with self._seen.folding:
            self._seen.fold()
            if not self._changed:
                return True
            writes = [self._document(date, now) for date in sorted({day(slot) for slot in self._counted})]
            self._changed = False
        try:
            self.store().commit(writes)
        except Exception as fault:  # noqa: BLE001  (the next report includes it all)
            _log.warning("indicators_not_reported", error=type(fault).__name__)
            self._changed = True
            return False
        with self._seen.folding:
            self._counted = {slot: counts for slot, counts in self._counted.items() if day(slot) == day(now)}
        return True

    def _document(self, date: str, now: datetime) -> Set:
        slots = {iso(slot): counts for slot, counts in self._counted.items() if day(slot) == date}
        accepted = {source: iso(at) for source, at in tuple(self._accepted.items()) if day(at) == date}
        content = {"day": date, "slots": json.dumps(slots), "accepted": json.dumps(accepted), EXPIRY: iso(now + KEEP)}
        return Set(f"indicators/{date}-{self.instance}", content)


def reported(store: Store, since: datetime) -> list[Report]:
    """What all processes have reported since the day of *since*."""
    return [doc.data for doc in store.query("indicators", where=[("day", ">=", day(since))], order_by="day")]


def counted(store: Store, since: datetime) -> Mapping[Indicator, Slots]:
    """The counts of all processes since the day of *since*."""
    return outcomes(reported(store, since))


def outcomes(reports: Sequence[Report]) -> Mapping[Indicator, Slots]:
    """The counts in *reports* together."""
    slots = [_slots(report["slots"]) for report in reports]
    return {name: merged(counts.get(name, {}) for counts in slots) for name in INDICATORS}


def last_accepted(reports: Sequence[Report]) -> dict[str, str]:
    """The time of the last event of each source in *reports*. Reports of earlier releases name no source."""
    noted = (json.loads(report.get("accepted", "{}")) for report in reports)
    times = sorted((at, source) for sources in noted for source, at in sources.items())
    return {source: at for at, source in times}


def _slots(text: str) -> dict[Indicator, dict[datetime, Counts]]:
    slots: dict[Indicator, dict[datetime, Counts]] = {}
    for slot, counts in json.loads(text).items():
        for name, (good, bad) in counts.items():
            slots.setdefault(name, {})[datetime.fromisoformat(slot)] = good, bad
    return slots
