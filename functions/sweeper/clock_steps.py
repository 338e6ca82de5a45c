"""Moves what waits for a time by as much as the clock has been set back, so that nothing waits that much longer."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from functions.sweeper.recovery import recover_each
from shared.alerting.lifecycle import AHEAD
from shared.context import Context
from shared.errors import Conflict
from shared.events import iso
from shared.ports import Doc, Update
from shared.services.health.checks.pipeline import SWEEP
from shared.telemetry.logger import log as _log
from shared.values.timestamps import moved_back

PERIOD = timedelta(minutes=1)
"""The time between two sweeps."""
MOVED = ("alerts", "groups", "heartbeats", "outbox", "digests")
"""Collections whose times are all relative to the time at which opos wrote them."""
CHOSEN = {"silences": "created_at", "focus": "begins_at", "overrides": "at"}
"""Collections whose ends a person chose, and the field that says when: an end chosen by the right clock stays."""
_FIXED = frozenset({"content", "review", "notice", "receipt", "expires_at"})
"""The fields of a message that never change."""


def follow_clock(context: Context) -> None:
    """If the clock is behind the last sweep, move the times that are ahead of it. It reads these collections once."""
    sweep = context.store.get(SWEEP)
    ahead = datetime.fromisoformat(sweep.data["at"]) - context.now if sweep else timedelta()
    if ahead <= AHEAD:
        return
    _log.warning("clock_set_back", seconds=int(ahead.total_seconds()))
    for collection in (*MOVED, *CHOSEN):
        docs = [doc for doc in context.store.query(collection) if _change(doc, ahead, context)]
        recover_each(docs, lambda doc: _move(doc, ahead, context))


def _change(doc: Doc, ahead: timedelta, context: Context) -> Mapping[str, Any]:
    """The fields of *doc* that change."""
    now = iso(context.now)
    chosen_at = CHOSEN.get(doc.path.partition("/")[0])
    if chosen_at and str(doc.data[chosen_at]) <= now:
        return {}
    times = {name: value for name, value in doc.data.items() if name not in _FIXED}
    moved = moved_back(times, ahead + PERIOD, after=now)
    return {name: value for name, value in moved.items() if value != times[name]}


def _move(doc: Doc, ahead: timedelta, context: Context) -> None:
    """A document that has changed meanwhile has the times of the present clock."""
    with suppress(Conflict):
        context.store.commit([Update(doc.path, _change(doc, ahead, context), doc.version)])
