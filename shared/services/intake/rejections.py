"""Counts rejections: in memory, in each process, and stored together in one document (ADR 46)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.errors import AlreadyExists, Conflict
from shared.intake.rejections import KEEP, STATUSES, WORDS, Reason, Rejected, as_text, from_text, merged
from shared.ports import Store, create_or_update
from shared.ports.field_paths import EXPIRY
from shared.process.due_task import DueTask
from shared.process.fold_buffer import FoldBuffer
from shared.security.rate_limit import Limiter
from shared.telemetry.logger import log as _log
from shared.values.timestamps import day, iso

PATH = "indicators/rejected"
"""In this collection the sweep finds it with the indicators, by the query that it makes anyway."""
EVERY = 60.0
PATIENCE = 1.0
"""Seconds for which a rejection waits for its report: a process may have to connect to the store first."""
ATTEMPTS = 3
"""Of one report, if other processes report at the same time. The next report includes what this one could not store."""
LINES_PER_MINUTE = 20
"""Of the log, for each place."""


@dataclass
class Rejections:
    """The rejections that this process has counted since its last report.

    A report is due every minute, and immediately for the first rejection of a place for a reason: a serverless process
    may get no request after that one. Names that opos.yaml does not have count as one place here.
    """

    store: Callable[[], Store]
    _counted: list[Rejected] = field(default_factory=list)
    _reasons: set[tuple[str, Reason]] = field(default_factory=set)
    _lines: Limiter = field(default_factory=lambda: Limiter(LINES_PER_MINUTE))

    def __post_init__(self) -> None:
        self._seen = FoldBuffer(self._count)
        self.reporting = DueTask(self.report, EVERY, first_patience=PATIENCE)

    def add(self, count: Rejected, now: datetime) -> None:
        """Count a rejection at *now*, log it, and store the counts if that is due."""
        self._log(count)
        self._seen.add((count,))
        if (key := _key(count)) not in self._reasons:
            self._reasons.add(key)
            self.reporting.hasten()
        self.reporting.ask(now)

    def _log(self, count: Rejected) -> None:
        place, reason = _key(count)
        if self._lines.wait(place):
            return
        log = _log.info if reason in {"unknown_source", "unknown_heartbeat"} else _log.warning
        words, advice = WORDS[reason]
        log(
            "webhook_rejected", source=count.place, reason=reason, detail=count.detail, status=STATUSES[reason],
            network=count.network, title=words, hint=advice,
        )  # fmt: skip

    def _count(self, seen: list[Rejected]) -> None:
        if seen:
            self._counted = merged([*self._counted, *seen], datetime.fromisoformat(seen[-1].last))

    def report(self, now: datetime) -> bool:
        """Store the counts. Returns whether the store was reached; what another process kept it from storing waits."""
        with self._seen.folding:
            self._seen.fold()
            taken, self._counted = self._counted, []
        try:
            left = self._stored(taken, now)
        except Exception as fault:  # noqa: BLE001  (the next report includes it all)
            self._return(taken, now)
            _log.warning("rejections_not_reported", error=type(fault).__name__)
            return False
        self._return(left, now)
        return True

    def _stored(self, counts: list[Rejected], now: datetime) -> list[Rejected]:
        """Add *counts* to those of the store. Returns what is not stored: nothing, or all."""
        for _ in range(ATTEMPTS if counts else 0):
            known = self.store().get(PATH)
            together = merged([*(_of(known.data) if known else []), *counts], now)
            content = {"day": day(now), "slots": "{}", "rejected": as_text(together), EXPIRY: iso(now + KEEP)}
            try:
                self.store().commit([create_or_update(PATH, content, known)])
            except (Conflict, AlreadyExists):
                continue
            return []
        return counts

    def _return(self, counts: Iterable[Rejected], now: datetime) -> None:
        with self._seen.folding:
            self._counted = merged([*counts, *self._counted], now)


def _key(count: Rejected) -> tuple[str, Reason]:
    return ("" if count.reason == "unknown_source" else count.place, count.reason)


def stored(store: Store) -> list[Rejected]:
    """The rejections of all processes, the latest last."""
    doc = store.get(PATH)
    return _of(doc.data) if doc else []


def among(reports: Iterable[Mapping[str, Any]]) -> list[Rejected]:
    """The rejections in *reports*, which `shared.services.slo.indicators.reported` returns."""
    return [count for report in reports for count in _of(report)]


def _of(data: Mapping[str, Any]) -> list[Rejected]:
    return from_text(data.get("rejected", "[]"))
