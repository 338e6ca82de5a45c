"""How often each flag had which variant, and why: counted in memory and stored once a minute."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.flags import Evaluation
from shared.ports import Set, Store
from shared.ports.field_paths import EXPIRY
from shared.process.due_task import DueTask
from shared.process.fold_buffer import FoldBuffer
from shared.telemetry.logger import log as _log
from shared.values.timestamps import iso

EVERY = 60.0
"""Seconds between two reports: when a process ends, what it counted since its last report is lost."""
KEEP = timedelta(days=2)
MOST = 5000
"""Outcomes in one report, the most frequent first: the size of a document is limited."""

Outcome = tuple[str, str, str]
"""Flag, variant and reason."""


@dataclass
class Usage:
    """Counts the evaluations of the process named *instance*."""

    store: Callable[[], Store]
    instance: str
    _counted: Counter[Outcome] = field(default_factory=Counter)
    _reported: int = 0

    def __post_init__(self) -> None:
        self._seen = FoldBuffer(self._count)
        self.reporting = DueTask(self.report, EVERY, immediately=False)

    def saw(self, evaluations: Iterable[Evaluation], now: datetime) -> None:
        self._seen.add(evaluations)
        self.reporting.ask(now)

    def counts(self) -> Mapping[Outcome, int]:
        with self._seen.folding:
            self._seen.fold()
            return dict(self._counted)

    def _count(self, seen: list[Evaluation]) -> None:
        for evaluation, count in Counter(seen).items():
            self._counted[evaluation.key, evaluation.variant or "", evaluation.reason] += count

    def report(self, now: datetime) -> bool:
        """Store the counts. Returns whether the store has them all."""
        counts = self.counts()
        total = sum(counts.values())
        if total == self._reported:
            return True
        try:
            self.store().commit([Set(f"flag_usage/{self.instance}", _document(counts, now))])
        except Exception as fault:  # noqa: BLE001  (nothing is lost: the next report holds all counts)
            _log.warning("flag_usage_not_reported", error=type(fault).__name__)
            return False
        self._reported = total
        return True


def reported(store: Store) -> dict[str, dict[Outcome, int]]:
    """The counts of each instance that reported in the last two days, since it started."""
    return {
        doc.id: {(flag, variant, reason): count for flag, variant, reason, count in json.loads(doc.data["counts"])}
        for doc in store.query("flag_usage")
    }


def _document(counts: Mapping[Outcome, int], now: datetime) -> dict[str, str]:
    rows = [[*outcome, count] for outcome, count in Counter(counts).most_common(MOST)]
    return {"at": iso(now), "counts": json.dumps(rows), EXPIRY: iso(now + KEEP)}
