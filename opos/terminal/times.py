"""Times as a person types them, and times as a person reads them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from zoneinfo import ZoneInfo

import click

from shared.config.files.faults import ConfigError
from shared.context import Context
from shared.runtime.container import Runtime
from shared.values.durations import LONGEST, parse_duration
from shared.values.local_time import age, local_time, localized
from shared.values.timestamps import EARLIEST, LATEST, utc
from shared.values.wall_clock import next_time_of_day, reached


@dataclass(frozen=True, slots=True)
class OperatorClock:
    """Shows times in the operator's time zone, as seen from *now*."""

    zone: tzinfo
    now: datetime

    def time(self, moment: datetime | str) -> str:
        return local_time(moment, self.zone, self.now)

    def time_and_age(self, moment: datetime | str) -> str:
        """`03:02 (12 min ago)`."""
        return f"{self.time(moment)} ({age(moment, self.now)})"

    def text(self, text: str) -> str:
        """*text* with its stored times as local times."""
        return localized(text, self.zone, self.now)


def operator_clock(configured: Runtime | Context) -> OperatorClock:
    """The clock of the operator of a bundle. It shows UTC if there is no valid opos.yaml."""
    try:
        zone: tzinfo = ZoneInfo(configured.config.timezone)
    except ConfigError:
        zone = UTC
    return OperatorClock(zone, datetime.now(UTC))


def moment(text: str) -> datetime:
    """The time that *text* names: an age (`90m`, `7d`), a day, or an ISO 8601 time, which is UTC if it has no zone."""
    try:
        return datetime.now(UTC) - parse_duration(text)
    except ValueError:
        pass
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"expected 90m, 7d, 2026-11-01 or an ISO 8601 time, found {text!r}") from None
    return utc(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


def until_moment(text: str, now: datetime, zone: str) -> datetime:
    """The future time that *text* names: a duration (`2h`), a time of day in *zone* (`15:00`), a day or a time."""
    given = text.strip().removeprefix("until").strip()
    ends = _future(given, now, zone)
    if ends is None or not now < ends <= now + LONGEST:
        expected = f"expected 2h, 15:00, or a day or time in the future, at most {LONGEST.days}d from now"
        raise click.BadParameter(f"{expected}, found {text!r}")
    return ends


def after(length: str, now: datetime) -> datetime:
    """The time that is the duration *length* after *now*. A time of day is no length: it belongs to --until."""
    try:
        return now + parse_duration(length.strip())
    except ValueError as fault:
        problem = f"{fault}, found {length!r}; a time such as 15:00 goes with --until"
        raise click.BadParameter(problem, param_hint="--for") from None


def _future(given: str, now: datetime, zone: str) -> datetime | None:
    clocks = ZoneInfo(zone)
    if clock := re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", given):
        return next_time_of_day(time(int(clock[1]), int(clock[2])), now, clocks)
    try:
        return now + parse_duration(given)
    except ValueError:
        pass
    try:
        parsed = datetime.fromisoformat(given)
    except ValueError:
        return None
    if parsed.tzinfo:
        return utc(parsed)
    if not EARLIEST < parsed.replace(tzinfo=UTC) < LATEST:
        return None
    return next((moment for moment in reached(parsed.replace(microsecond=0), clocks) if moment > now), None)
