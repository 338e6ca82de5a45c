"""What the report looks at: each probe really uses what it is about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from time import monotonic

from shared.context import Context
from shared.errors import Unavailable
from shared.events import iso
from shared.health.report import Component, Finding, Status, judged
from shared.ports import Set
from shared.ports.field_paths import EXPIRY
from shared.process.facts import memory_mb, process_id
from shared.services.health.checks import cost as spending
from shared.services.health.checks import deployment as deploying
from shared.services.health.checks import external as outside
from shared.services.health.checks import pipeline as promises
from shared.services.health.checks import slo as objectives
from shared.services.health.context import HealthContext

UNKNOWN = "health-unknown"


@dataclass(frozen=True, slots=True)
class Probe:
    """`look` finds something out. Where it breaks, the finding is called *name*, as bad as *broken* says, and *failure*
    is what it means.
    """

    name: str
    look: Callable[[HealthContext], list[Finding]]
    broken: Status = "warn"
    failure: str = UNKNOWN
    component: Component = "component"


def _store(context: Context) -> list[Finding]:
    """A real write and a real read, on one of 16 documents: instances seldom share one, and there are never more."""
    path, began = f"probes/health-{process_id() % 16}", monotonic()
    context.store.commit([Set(path, {"at": iso(context.now), EXPIRY: iso(context.now + timedelta(days=1))})])
    if context.store.get(path) is None:
        raise Unavailable("What was written cannot be read.")
    took = milliseconds(monotonic() - began)
    threshold = milliseconds(context.config.health.thresholds.store_answer.total_seconds())
    return [judged("store:responseTime", took, "ms", threshold=threshold, failure="store-slow", component="datastore")]


def _bus(context: Context) -> list[Finding]:
    began = monotonic()
    context.bus.ping()
    return [Finding("bus:responseTime", "component", "pass", milliseconds(monotonic() - began), "ms")]


def _memory(context: Context) -> list[Finding]:
    used, threshold = round(memory_mb(), 1), context.config.health.memory_threshold_mb
    output = f"over the threshold of {threshold} MiB"
    finding = judged("memory:utilization", used, "MiB", threshold=threshold, failure="memory-high", output=output)
    return [replace(finding, component="system")]


def _uptime(context: HealthContext) -> list[Finding]:
    return [Finding("uptime", "system", "pass", round(context.uptime_seconds, 1), "s")]


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


DEPENDENCIES = (
    Probe("store:responseTime", _store, "fail", "store-unreachable", "datastore"),
    Probe("bus:responseTime", _bus, "fail", "bus-unreachable"),
)
"""What the bundle cannot do its job without."""
PROMISES = tuple(
    Probe(f"{look.__name__}:responseTime", look)
    for look in (
        promises.events_unhandled, promises.pages_unsent, promises.digests_late, promises.attention,
        promises.heartbeats_missed, promises.flags_overridden, promises.secrets_due, objectives.burning,
        deploying.last_deployment,
    )
)  # fmt: skip
"""What they find out does not depend on which process asks. Unknown is no failure: when the store fails, its own probe
says so.
"""
_BY_THE_SWEEPER = (
    Probe("sweeper:lastRun", promises.sweeper_silent),
    Probe("outside:lastSeen", outside.last_seen),
    Probe("cost:lastSeen", spending.last_seen),
)
PROCESS = (Probe("memory:utilization", _memory), Probe("uptime", _uptime))
WATCHED = (*DEPENDENCIES, *PROMISES, *PROCESS)
"""What the sweeper looks at, each minute."""


def everything(context: Context) -> tuple[Probe, ...]:
    """What the report looks at."""
    return (*WATCHED, *_BY_THE_SWEEPER, *asked_now(context))


def asked_now(context: Context) -> list[Probe]:
    """The channels and issuers, each a probe of its own: one that hangs keeps no other from being named."""
    channels = context.config.channels if context.config.health.channels else {}
    issuers = [one.issuer for one in context.config.flags.identity if one.jwks]
    return [
        *(
            Probe(f"channel:{name}", partial(outside.channel, name), "warn", "channel-unreachable")
            for name in channels
        ),
        *(Probe(f"keys:{name}", partial(outside.keys, name), "warn", "keys-unreachable") for name in issuers),
    ]  # fmt: skip
