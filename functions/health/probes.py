"""What the report looks at: each probe really uses what it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from functions.health.report import Component, Finding, Status
from shared.concerns import concerns
from shared.context import Context
from shared.errors import Unavailable
from shared.events import iso
from shared.fields import EXPIRY
from shared.overriding import in_force
from shared.ports import Set
from shared.process import memory_mb, process_id


@dataclass(frozen=True, slots=True)
class Probe:
    """`look` finds something out. Where it breaks, the finding is called *name* and as bad as *broken* says."""

    name: str
    component: Component
    look: Callable[[Context], list[Finding]]
    broken: Status = "fail"


def _store(context: Context) -> list[Finding]:
    """A real write and a real read, on one of 16 documents: instances seldom share one, and there are never more."""
    path, began = f"probes/health-{process_id() % 16}", monotonic()
    context.store.commit([Set(path, {"at": iso(context.now), EXPIRY: iso(context.now + timedelta(days=1))})])
    if context.store.get(path) is None:
        raise Unavailable("What was written cannot be read.")
    return [Finding("store:responseTime", "datastore", "pass", milliseconds(monotonic() - began), "ms")]


def _bus(context: Context) -> list[Finding]:
    began = monotonic()
    context.bus.ping()
    return [Finding("bus:responseTime", "component", "pass", milliseconds(monotonic() - began), "ms")]


def _attention(context: Context) -> list[Finding]:
    return [_count(one.name, count) for one, count in concerns(context)]


def _count(name: str, count: int) -> Finding:
    output = "look at the console" if count else ""
    return Finding(name, "component", "warn" if count else "pass", count, "items", output)


def _overrides(context: Context) -> list[Finding]:
    """Somebody wanted them: they are shown, and no warning."""
    return [Finding("flags:overridden", "component", "pass", len(in_force(context.store, context.now)), "flags")]


def _memory(context: Context) -> list[Finding]:
    used, threshold = memory_mb(), context.config.health.memory_threshold_mb
    output = f"over the threshold of {threshold} MiB" if used >= threshold else ""
    return [Finding("memory:utilization", "system", "warn" if output else "pass", round(used, 1), "MiB", output)]


def _uptime(context: Context) -> list[Finding]:
    return [Finding("uptime", "system", "pass", round(context.uptime_seconds, 1), "s")]


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


DEPENDENCIES = (
    Probe("store:responseTime", "datastore", _store),
    Probe("bus:responseTime", "component", _bus),
)
"""What the bundle cannot do its job without."""
EVERYTHING = (
    *DEPENDENCIES,
    Probe("attention:responseTime", "component", _attention, broken="warn"),
    Probe("overrides:responseTime", "component", _overrides, broken="warn"),
    Probe("memory:utilization", "system", _memory, broken="warn"),
    Probe("uptime", "system", _uptime, broken="warn"),
)
"""Unknown counts are no failure: when the store fails, its own probe says so."""
