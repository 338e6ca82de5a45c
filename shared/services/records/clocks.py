"""The clocks of what the operator says."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.events import iso
from shared.records.body import OPERATOR, Clock
from shared.records.change import change_id
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored


def first_clock(id: str, context: RecordsContext) -> Clock:
    """The clock of a new record *id*."""
    return Clock(at=iso(context.now), by=change_id(id, 1), system=OPERATOR)


def clock_of(record: Stored, values: Mapping[str, Any], context: RecordsContext, *, since: bool = False) -> Clock:
    """The clock of the operator's word on *values*, and with *since* on the state, in the next change of *record*.

    It is never before what a sender, whose clock is ahead, said of them.
    """
    clocks = record.body["clocks"]
    known = [clocks[name]["at"] for name in values if name in clocks]
    if since and (state := record.body["since"]):
        known.append(state["at"])
    by = change_id(record.id, record.n + 1)
    return Clock(at=max([iso(context.now), *map(_after, known)]), by=by, system=OPERATOR)


def _after(moment: str) -> str:
    return iso(datetime.fromisoformat(moment) + timedelta(microseconds=1))
