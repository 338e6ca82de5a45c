"""Quiet hours: during focus blocks, no digest is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from shared.alerting.focus import block_of
from shared.alerting.time_intervals import until_false
from shared.context import Context
from shared.digest.batch import Held
from shared.services.alerting.world import focus_blocks

LONGEST = timedelta(days=14)
"""Longer quiet hours are a mistake: they hold nothing."""


def held(since: datetime, context: Context) -> Held:
    """A function: until when a digest is held at a time, for times from *since* on."""
    config, periods = context.config, focus_blocks(since, context.store)

    def inside(time: datetime) -> bool:
        return block_of(config.focus, periods, time, zone=config.timezone) is not None

    return partial(_until, inside)


def _until(inside: Callable[[datetime], bool], time: datetime) -> datetime | None:
    end = time
    while inside(end) and end - time < LONGEST:
        end = until_false(inside, end)
    return end if time < end < time + LONGEST else None
