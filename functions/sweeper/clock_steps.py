"""Moves what waits for a time by as much as the clock has been set back, so that nothing waits that much longer."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.sweeper.heartbeats import allow_grace
from functions.sweeper.recovery import recover_each
from shared.alerting.lifecycle import AHEAD
from shared.context import Context
from shared.errors import Conflict
from shared.events import iso
from shared.ports import Doc, Update
from shared.services.health.checks.pipeline import SWEEP
from shared.services.outbox.outcome import present
from shared.telemetry.logger import log as _log
from shared.values.timestamps import moved_back

PERIOD = timedelta(minutes=1)
"""The time between two sweeps."""
OUTAGE = 3 * PERIOD
"""After so long without a sweep, pings may have been lost too."""
MOVED = ("alerts", "groups", "heartbeats", "outbox", "digests")
"""Collections whose times are all relative to the time at which opos wrote them."""
CHOSEN = {"silences": "created_at", "focus": "begins_at", "overrides": "at"}
"""Collections whose ends a person chose, and the field that says when: an end chosen by the right clock stays."""
_FIXED = frozenset({"content", "review", "notice", "receipt", "expires_at", "ack", "called_at", "resolves", "followed"})
"""The fields of a message that never change, and the time that names a call in the links of its pages."""


_DEADLINES = frozenset({"due_at", "calls_at", "until", "flush_at", "courses"})


@dataclass(frozen=True, slots=True)
class _Step:
    """The clock, which shows *now*, was set back by *ahead* since the sweep at *since*."""

    now: datetime
    ahead: timedelta
    since: str


def follow_clock(context: Context) -> None:
    """If the clock is behind the last sweep, move the times that are ahead of it. It reads these collections once.

    If the clock is far ahead of the last sweep, opos was down, or the clock was wrong: heartbeats get their grace.

    The record of the sweep has the present time only after every document has followed: until then, each sweep goes on.
    """
    sweep = context.store.get(SWEEP)
    ahead = datetime.fromisoformat(sweep.data["at"]) - present(context) if sweep else timedelta()
    if sweep and ahead < -OUTAGE:
        allow_grace(datetime.fromisoformat(sweep.data["at"]), context)
    if sweep is None or ahead <= AHEAD:
        return
    _log.warning("clock_set_back", seconds=int(ahead.total_seconds()))
    step = _Step(context.now, ahead, sweep.data["at"])
    docs = [doc for collection in (*MOVED, *CHOSEN) for doc in context.store.query(collection) if _change(doc, step)]
    recover_each(docs, lambda doc: _move(doc, step, context))
    with suppress(Conflict):
        context.store.commit([Update(SWEEP, {"at": iso(context.now)}, sweep.version)])


def _change(doc: Doc, step: _Step) -> Mapping[str, Any]:
    """The fields of *doc* that change. `followed` names the step, so that no document follows it twice."""
    now = iso(step.now)
    chosen_at = CHOSEN.get(doc.path.partition("/")[0])
    if doc.data.get("followed") == step.since or (chosen_at and str(doc.data[chosen_at]) <= now):
        return {}
    times = {name: value for name, value in doc.data.items() if name not in _FIXED}
    moved = moved_back(times, step.ahead + PERIOD, after=now)
    changes = {name: value for name, value in moved.items() if value != times[name]}
    if changes.keys() <= _DEADLINES and _is_new(doc, step):
        return {}
    return {**changes, "followed": step.since} if changes else {}


def _is_new(doc: Doc, step: _Step) -> bool:
    """Whether *doc*, of which only deadlines are ahead, was written since the step: they are then right."""
    recent = iso(step.now - 2 * PERIOD)
    return any(recent < str(value) <= iso(step.now) for value in doc.data.values())


def _move(doc: Doc, step: _Step, context: Context) -> None:
    """A document that has changed meanwhile has the times of the present clock."""
    with suppress(Conflict):
        context.store.commit([Update(doc.path, _change(doc, step), doc.version)])
