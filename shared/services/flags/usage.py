"""How often each flag came out as what: counted in memory, and written down once a minute, not once a look-up."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.flags import Evaluation
from shared.ports import Set, Store
from shared.ports.field_paths import EXPIRY
from shared.process.background_task import BackgroundTask
from shared.process.fold_buffer import FoldBuffer
from shared.telemetry.logger import log as _log
from shared.values.timestamps import iso

EVERY = 60.0
"""Seconds between two reports: what a process counted since its last one ends with it."""
KEEP = timedelta(days=2)
MOST = 5000
"""Outcomes in one report, the most frequent first: a document has its limits."""

Outcome = tuple[str, str, str]
"""Flag, variant and reason."""


@dataclass
class Usage:
    """The counts of the process called *instance*."""

    store: Callable[[], Store]
    instance: str
    _counted: Counter[Outcome] = field(default_factory=Counter)
    _reported: int = 0

    def __post_init__(self) -> None:
        self._seen = FoldBuffer(self._count)
        self.reporting = BackgroundTask(self.report, EVERY, immediately=False)

    def saw(self, evaluations: Iterable[Evaluation], now: datetime) -> None:
        self._seen.add(evaluations)
        self.reporting.ask(now)

    def counts(self) -> Mapping[Outcome, int]:
        with self._seen.folding:
            self._seen.fold()
            return dict(self._counted)

    def _count(self, seen: list[Evaluation]) -> None:
        for one, count in Counter(seen).items():
            self._counted[one.key, one.variant or "", one.reason] += count

    def report(self, now: datetime) -> None:
        counts = self.counts()
        total = sum(counts.values())
        if total == self._reported:
            return
        try:
            self.store().commit([Set(f"flag_usage/{self.instance}", _document(counts, now))])
        except Exception as fault:  # noqa: BLE001  (nothing is lost but a minute's report: the next one holds it all)
            _log.warning("flag_usage_not_reported", error=type(fault).__name__)
        else:
            self._reported = total


def reported(store: Store) -> dict[str, dict[Outcome, int]]:
    """What each instance that was there in the last days has counted since it began."""
    return {
        doc.id: {(flag, variant, reason): count for flag, variant, reason, count in json.loads(doc.data["counts"])}
        for doc in store.query("flag_usage")
    }


def _document(counts: Mapping[Outcome, int], now: datetime) -> dict[str, str]:
    rows = [[*outcome, count] for outcome, count in Counter(counts).most_common(MOST)]
    return {"at": iso(now), "counts": json.dumps(rows), EXPIRY: iso(now + KEEP)}
