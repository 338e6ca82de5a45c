"""Error budgets and burn rates.

Source: Beyer et al. (eds.), The Site Reliability Workbook, chapter 5, "Alerting on SLOs", table 5-8: a fast burn
notifies, a slow one can wait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shared.events import Severity

Indicator = Literal["webhook_to_effect", "event_handled", "page_delivered", "flag_lookup"]

SLOT = timedelta(minutes=5)
FEW = 5
"""The number of bad outcomes from which an alert may fire: with little traffic, one is a large share and means nothing.
"""
Counts = tuple[int, int]
"""Good and bad."""
Slots = Mapping[datetime, Counts]
"""Counts by the start of each slot."""


@dataclass(frozen=True, slots=True)
class BurnRateAlert:
    """Fires while the budget burns at `rate` or more, both over `long` and over `short`."""

    long: timedelta
    short: timedelta
    rate: float
    severity: "Severity"


BURN_RATE_ALERTS = (
    BurnRateAlert(timedelta(hours=1), timedelta(minutes=5), 14.4, "critical"),
    BurnRateAlert(timedelta(hours=6), timedelta(minutes=30), 6.0, "critical"),
    BurnRateAlert(timedelta(days=3), timedelta(hours=6), 1.0, "warning"),
)
"""The most severe first."""


def slot_of(moment: datetime) -> datetime:
    """The start of the slot that *moment* is in."""
    return moment - (moment - datetime.min.replace(tzinfo=moment.tzinfo)) % SLOT


def total(slots: Slots, now: datetime, window: timedelta) -> Counts:
    """The counts within *window* before *now*, to the slot."""
    within = [counts for start, counts in slots.items() if now - window - SLOT < start <= now]
    return sum(good for good, _ in within), sum(bad for _, bad in within)


def burn_rate(counts: Counts, target: float) -> float:
    """How many times faster than allowed the budget burns: at 1 it lasts exactly for its window.

    *target* is the percentage that must be good.
    """
    good, bad = counts
    return bad / (good + bad) / (1 - target / 100) if good + bad else 0.0


def budget_left(counts: Counts, target: float) -> float:
    """The percentage of the budget that is left; below 0 if more outcomes were bad than allowed."""
    return 100 * (1 - burn_rate(counts, target))


def firing(slots: Slots, target: float, now: datetime) -> BurnRateAlert | None:
    """The most severe alert that fires."""
    return next((alert for alert in BURN_RATE_ALERTS if _fires(alert, slots, target, now)), None)


def _fires(alert: BurnRateAlert, slots: Slots, target: float, now: datetime) -> bool:
    long, short = total(slots, now, alert.long), total(slots, now, alert.short)
    return long[1] >= FEW and min(burn_rate(long, target), burn_rate(short, target)) >= alert.rate


def merged(several: Iterable[Slots]) -> dict[datetime, Counts]:
    """The sums of *several* counts, slot by slot."""
    sums: dict[datetime, Counts] = {}
    for slots in several:
        for start, (good, bad) in slots.items():
            before = sums.get(start, (0, 0))
            sums[start] = before[0] + good, before[1] + bad
    return sums
