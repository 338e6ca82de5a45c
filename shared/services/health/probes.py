"""Asking probes: all at once, each under its own timeout."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial

from shared.context import Context
from shared.health.report import Finding
from shared.process.fan_out import Unanswered, ask_all
from shared.services.health.checks.registry import Probe, milliseconds
from shared.services.health.context import HealthContext
from shared.telemetry.logger import log as _log


def findings(probes: Iterable[Probe], context: HealthContext) -> list[Finding]:
    """What *probes* find, in their order."""
    _make_clients(context)
    asked = [(probe, partial(probe.look, context)) for probe in probes]
    answers = ask_all([look for _, look in asked], context.config.health.dependency_timeout)
    return [finding for (probe, _), answer in zip(asked, answers, strict=True) for finding in _found(probe, answer)]


def _make_clients(context: Context) -> None:
    """Before the clock runs: what a cold start pays for importing and making clients says nothing of their health."""
    for make in (lambda: context.store, lambda: context.bus):
        with suppress(Exception):  # the probe will meet it again, and report it
            make()


def _found(probe: Probe, answer: list[Finding] | Unanswered) -> Iterator[Finding]:
    if isinstance(answer, list):
        yield from answer
        return
    _log.warning("probe_failed", probe=probe.name, reason=answer.reason)
    failure = "disk-full" if answer.reason == "disk_full" else probe.failure
    took = milliseconds(answer.after)
    yield Finding(probe.name, probe.component, probe.broken, took, "ms", answer.reason, failure=failure)
