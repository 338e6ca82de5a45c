"""Error budgets and burn rates.

Source: Beyer et al. (eds.), The Site Reliability Workbook, chapter 5, "Alerting on SLOs", table 5-8: a fast burn pages,
a slow one can wait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shared.events import Severity

Indicator = Literal["webhook_to_effect", "event_handled", "page_delivered", "flag_lookup"]
"""What is promised."""

SLOT = timedelta(minutes=5)
FEW = 5
"""So many bad ones there must be: where little happens, one of them is a large share and means nothing."""
Counts = tuple[int, int]
"""Good and bad."""
Slots = Mapping[datetime, Counts]
"""By the beginning of each five minutes."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Rings while the budget burns at `rate` or more, over `long` and still over `short`."""

    long: timedelta
    short: timedelta
    rate: float
    severity: "Severity"


ALARMS = (
    Alarm(timedelta(hours=1), timedelta(minutes=5), 14.4, "critical"),
    Alarm(timedelta(hours=6), timedelta(minutes=30), 6.0, "critical"),
    Alarm(timedelta(days=3), timedelta(hours=6), 1.0, "warning"),
)


def slot_of(moment: datetime) -> datetime:
    return moment - (moment - datetime.min.replace(tzinfo=moment.tzinfo)) % SLOT


def total(slots: Slots, now: datetime, window: timedelta) -> Counts:
    """All that has been counted within *window* before *now*, to the slot."""
    within = [counts for begins, counts in slots.items() if now - window - SLOT < begins <= now]
    return sum(good for good, _ in within), sum(bad for _, bad in within)


def burn_rate(counts: Counts, target: float) -> float:
    """How many times faster than the budget allows it burns: at 1 it lasts just as long as it is meant for.

    *target* is the share that must be good, in percent.
    """
    good, bad = counts
    return bad / (good + bad) / (1 - target / 100) if good + bad else 0.0


def budget_left(counts: Counts, target: float) -> float:
    """In percent of the budget; below 0 when more was bad than allowed."""
    return 100 * (1 - burn_rate(counts, target))


def ringing(slots: Slots, target: float, now: datetime) -> Alarm | None:
    """The first alarm that rings, the loudest before the others."""
    return next((alarm for alarm in ALARMS if _rings(alarm, slots, target, now)), None)


def _rings(alarm: Alarm, slots: Slots, target: float, now: datetime) -> bool:
    long, short = total(slots, now, alarm.long), total(slots, now, alarm.short)
    return long[1] >= FEW and min(burn_rate(long, target), burn_rate(short, target)) >= alarm.rate


def merged(many: Iterable[Slots]) -> dict[datetime, Counts]:
    found: dict[datetime, Counts] = {}
    for slots in many:
        for begins, (good, bad) in slots.items():
            before = found.get(begins, (0, 0))
            found[begins] = before[0] + good, before[1] + bad
    return found
