"""What the month has cost so far on Google Cloud, from the number of its events and the operations that each takes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.context import Context
from shared.cost import DAYS, PRICES_AS_OF, bill
from shared.events import day, iso
from shared.health.report import Result
from shared.services.health.checks.pipeline import SWEEP

AGAIN = timedelta(hours=1)
"""How often the month's events are counted: the store bills a count by the thousand."""
CRITICAL, DIGEST_SIZE = 0.02, 5
"""The mix that `opos cost` assumes too."""


def look(before: dict[str, Any], context: Context) -> dict[str, Any]:
    """What the sweeper stores about the month; *before* is what it stored last."""
    if before and context.now - AGAIN < datetime.fromisoformat(before["at"]) <= context.now:
        return before
    began = context.now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    events = context.store.count("events", where=[("day", ">=", day(began))])
    return {"at": iso(context.now), "began": iso(began), "events": events}


def last_seen(context: Context) -> list[Result]:
    """The results for what the sweeper stored last."""
    doc = context.store.get(SWEEP)
    seen = (doc.data.get("month") or {}) if doc else {}
    return _results(seen) if seen else []


def _results(seen: dict[str, Any]) -> list[Result]:
    """The cost so far is the bill of a whole month at this pace, times the part of the month that has passed."""
    passed = max(datetime.fromisoformat(seen["at"]) - datetime.fromisoformat(seen["began"]), AGAIN) / timedelta(days=1)
    lines = bill(round(seen["events"] / passed), critical=CRITICAL, digest_size=DIGEST_SIZE)
    dollars = sum(line.dollars for line in lines) * passed / DAYS
    basis = f"on Google Cloud, by list prices of {PRICES_AS_OF}"
    return [
        Result("cost:monthToDate", "system", "pass", round(dollars, 4), "USD", basis),
        Result("cost:perEvent", "system", "pass", round(dollars / max(seen["events"], 1), 8), "USD", basis),
        Result("events:thisMonth", "system", "pass", seen["events"], "events"),
    ]
