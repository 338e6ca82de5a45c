"""When nothing is sent but what interrupts: during focus blocks, the recurring ones and those declared for once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from shared.alerting.focus import block_of
from shared.alerting.time_intervals import until_false
from shared.context import Context
from shared.digest.batch import Held
from shared.events import iso

LONGEST = timedelta(days=14)
"""Quiet that lasts longer is a mistake, or nobody's intention: it holds nothing back."""


def focus_blocks(since: datetime, context: Context) -> list[tuple[str, datetime, datetime]]:
    """The name, beginning and end of the blocks declared for once that were not over at *since*."""
    docs = context.store.query("focus", where=[("ends_at", ">", iso(since))], order_by="ends_at")
    moment = datetime.fromisoformat
    return [(doc.data["name"], moment(doc.data["begins_at"]), moment(doc.data["ends_at"])) for doc in docs]


def held(since: datetime, context: Context) -> Held:
    """Until when a digest is held back at a moment, for moments from *since* on."""
    config, one_off = context.config, focus_blocks(since, context)

    def inside(moment: datetime) -> bool:
        return block_of(config.focus, one_off, moment, zone=config.timezone) is not None

    return partial(_until, inside)


def _until(inside: Callable[[datetime], bool], moment: datetime) -> datetime | None:
    end = moment
    while inside(end) and end - moment < LONGEST:
        end = until_false(inside, end)
    return end if moment < end < moment + LONGEST else None
