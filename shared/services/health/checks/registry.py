"""The checks of the health report. Each one really uses what it checks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from time import monotonic

from shared.context import Context
from shared.errors import DataFileDamaged, Unavailable
from shared.events import iso
from shared.health.report import Component, Result, Status, compare
from shared.ports import Set
from shared.ports.field_paths import EXPIRY
from shared.process.facts import memory_mb, process_id
from shared.services.health.checks import company, deployment, external, flags, intake, pipeline
from shared.services.health.checks import cost as spending
from shared.services.health.checks import slo as objectives
from shared.services.health.context import HealthContext
from shared.services.slo.indicators import reported

UNKNOWN = "health-unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """Measures something with `run`. If that raises or takes too long, the check has one result of its own `name`, with
    the status `broken` and the failure `failure`.
    """

    name: str
    run: Callable[[HealthContext], list[Result]]
    broken: Status = "warn"
    failure: str = UNKNOWN
    component: Component = "component"


def _store(context: HealthContext) -> list[Result]:
    """A real write and a real read, on one of 16 documents: instances seldom share one, and there are at most 16."""
    if context.is_damaged:
        raise DataFileDamaged("A part of the data file could not be read since this process started.")
    path, began = f"probes/health-{process_id() % 16}", monotonic()
    context.store.commit([Set(path, {"at": iso(context.now), EXPIRY: iso(context.now + timedelta(days=1))})])
    if context.store.get(path) is None:
        raise Unavailable("The document that was just written cannot be read.")
    took = milliseconds(monotonic() - began)
    threshold = milliseconds(context.config.health.thresholds.store_answer.total_seconds())
    return [compare("store:responseTime", took, "ms", threshold=threshold, failure="store-slow", component="datastore")]


def _exposed(context: HealthContext) -> list[Result]:
    """Empty if the store is no file."""
    if not context.has_data_file:
        return []
    names = context.exposed_files()
    output = f"other users can read {', '.join(names)}"
    failure = "data-file-exposed"
    return [compare("store:exposedFiles", len(names), "files", threshold=1, failure=failure, output=output)]


def _bus(context: Context) -> list[Result]:
    began = monotonic()
    context.bus.ping()
    return [Result("bus:responseTime", "component", "pass", milliseconds(monotonic() - began), "ms")]


def _counted(context: Context) -> list[Result]:
    """What the processes have counted in the last days. One query serves both."""
    reports = reported(context.store, context.now - objectives.LONGEST)
    return [*objectives.burning(reports, context), *intake.rejected(reports, context)]


def _memory(context: Context) -> list[Result]:
    used, threshold = round(memory_mb(), 1), context.config.health.memory_threshold_mb
    output = f"over the threshold of {threshold} MiB"
    result = compare("memory:utilization", used, "MiB", threshold=threshold, failure="memory-high", output=output)
    return [replace(result, component="system")]


def _uptime(context: HealthContext) -> list[Result]:
    return [Result("uptime", "system", "pass", round(context.uptime_seconds, 1), "s")]


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


DEPENDENCIES = (
    Check("store:responseTime", _store, "fail", "store-unreachable", "datastore"),
    Check("bus:responseTime", _bus, "fail", "bus-unreachable"),
)
"""What the bundle cannot work without."""
SHARED = (
    *(
        Check(f"{run.__name__}:responseTime", run)
        for run in (
            pipeline.events_unhandled, pipeline.pages_unsent, pipeline.digests_late, pipeline.attention,
            pipeline.heartbeats_missed, flags.flags_overridden, pipeline.secrets_due, deployment.last_deployment,
            company.company_broken,
        )
    ),
    Check("burning:responseTime", _counted),
)  # fmt: skip
"""Checks whose results are the same in every process. If one cannot run, the bundle is not failing: if the store is the
cause, its own check says so.
"""
_STORED = (
    Check("sweeper:lastRun", pipeline.sweeper_silent),
    Check("outside:lastSeen", external.last_seen),
    Check("cost:lastSeen", spending.last_seen),
)
"""Checks that read what the sweeper stored."""
PROCESS = (
    Check("store:exposedFiles", _exposed),
    Check("flags:unreadable", flags.flags_unreadable),
    Check("secrets:malformed", intake.secrets_malformed),
    Check("memory:utilization", _memory),
    Check("uptime", _uptime),
)
WATCHED = (*DEPENDENCIES, *SHARED, *PROCESS)
"""What the sweeper checks every minute."""


def all_checks(context: Context) -> tuple[Check, ...]:
    """The checks of the report."""
    return (*WATCHED, *_STORED, *external_checks(context))


def external_checks(context: Context) -> list[Check]:
    """The channels and issuers, each with its own check, so that one that hangs does not hide the others."""
    channels = context.config.channels if context.config.health.channels else {}
    issuers = [provider.issuer for provider in context.config.flags.identity if provider.jwks]
    return [
        *(
            Check(f"channel:{name}", partial(external.channel, name), "warn", "channel-unreachable")
            for name in channels
        ),
        *(Check(f"keys:{name}", partial(external.keys, name), "warn", "keys-unreachable") for name in issuers),
    ]  # fmt: skip
