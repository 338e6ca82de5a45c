"""Runs the checks every minute: a failure raises an alert, which resolves when the check passes again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from shared.alerting.lifecycle import AHEAD
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import Alert, Event, iso
from shared.health.failures import FAILURES, Failure
from shared.health.report import Result
from shared.ports import Write, create_or_update
from shared.services.health.check_runs import run_checks
from shared.services.health.checks import cost as spending
from shared.services.health.checks import external
from shared.services.health.checks.pipeline import SWEEP
from shared.services.health.checks.registry import UNKNOWN, WATCHED, external_checks
from shared.services.health.context import HealthContext
from shared.services.intake.acceptance import announce, keep, own_event
from shared.telemetry.logger import log as _log

Announcement = tuple[Event, Alert]
Broken = Mapping[str, dict[str, Any]]
"""Each failure: its start (`since`), and whether its alert was raised (`told`). The second sweep that sees it raises
the alert, because the first sweep after a pause sees much that is late and recovers it.
"""


class AlertsBlockedError(Exception):
    """A failure lasts that can stop its own alert from reaching you."""


def watch(context: HealthContext) -> None:
    """Store the sweep and its failures, together with an event for each failure that starts or ends.

    Raises AlertsBlockedError to stop the ping to the dead man's switch.
    """
    doc = context.store.get(SWEEP)
    known = doc.data if doc else {}
    before: Broken = known.get("broken", {})
    seen = external.look(known.get("outside") or {}, context)
    unreachable = _unreachable(known, seen, context)
    failures = _failures(seen, unreachable, context)
    broken = _broken(before, failures, context)
    month = spending.look(known.get("month") or {}, context)
    state = {
        "at": _swept_at(known, context), "broken": broken, "outside": seen, "unreachable": unreachable, "month": month
    }  # fmt: skip
    announcements = [*_fired(before, broken, failures, context), *_resolved(before, broken, context)]
    _commit(create_or_update(SWEEP, state, doc), announcements, context)
    if blocking := [name for name, entry in broken.items() if entry["told"] and FAILURES[name].blocks_alerts]:
        _log.error("promise_broken", failures=blocking)
        raise AlertsBlockedError


def _swept_at(known: Mapping[str, Any], context: Context) -> str:
    """The present time. If the clock was set back, and not every document has followed it, the time of the step."""
    last = str(known.get("at", ""))
    return last if last > iso(context.now + AHEAD) else iso(context.now)


def _failures(seen: dict[str, Any], unreachable: Mapping[str, str], context: HealthContext) -> dict[str, Result]:
    """The results that do not pass, by their failures."""
    results = [*run_checks(WATCHED, context), *external.about(seen, context), *external.not_reached(unreachable)]
    return {result.failure: result for result in results if result.failure in FAILURES}


def _broken(before: Broken, failures: Collection[str], context: Context) -> Broken:
    """If a check could not run, no failure counts as resolved."""
    still = {name: _still(before.get(name), context) for name in failures}
    return {**before, **still} if UNKNOWN in failures else still


def _commit(state: Write, announcements: Sequence[Announcement], context: Context) -> None:
    """Store *state* with the events, then announce them. If another sweep was faster, it has announced them."""
    kept = [keep(event, (alert,)) for event, alert in announcements]
    try:
        versions = context.store.commit([state, *kept])
    except (Conflict, AlreadyExists):
        return
    for (event, alert), create in zip(announcements, kept, strict=True):
        announce(event, (alert,), versions[create.path], context)


def _unreachable(known: Mapping[str, Any], seen: Mapping[str, Any], context: HealthContext) -> dict[str, str]:
    """The failure of each channel and issuer that does not answer, checked as often as the other external checks."""
    if seen["at"] != iso(context.now):
        return dict(known.get("unreachable") or {})
    results = run_checks(external_checks(context), context)
    return {result.name: result.failure for result in results if result.failure in FAILURES}


def _still(before: dict[str, Any] | None, context: Context) -> dict[str, Any]:
    return {**before, "told": True} if before else {"since": iso(context.now), "told": False}


def _fired(before: Broken, broken: Broken, failures: Mapping[str, Result], context: Context) -> Iterator[Announcement]:
    for name in failures.keys() & broken.keys():
        is_new = broken[name]["told"] and not (name in before and before[name]["told"])
        if is_new and FAILURES[name].severity:
            yield _announcement(name, broken[name]["since"], failures[name], context)


def _resolved(before: Broken, broken: Broken, context: Context) -> Iterator[Announcement]:
    for name in before.keys() - broken.keys() & FAILURES.keys():
        if before[name]["told"] and FAILURES[name].severity:
            yield _announcement(name, before[name]["since"], None, context)


def _announcement(name: str, since: str, result: Result | None, context: Context) -> Announcement:
    alert = _alert(name, FAILURES[name], result, context)
    return own_event(alert, "health", delivery_id=f"failure:{name}:{alert.status}:{since}", context=context), alert


def _seen(result: Result) -> str:
    return f"{result.name} is {result.observed}{': ' if result.output else ''}{result.output}"


def _alert(name: str, failure: Failure, result: Result | None, context: Context) -> Alert:
    """The alert of *failure*: firing with a *result*, resolved without one."""
    observed = f" {_seen(result)}." if result else ""
    runbooks = context.config.health.runbooks
    return Alert(
        fingerprint=f"health:{name}",
        title=failure.title,
        severity=failure.severity or "warning",
        status="firing" if result else "resolved",
        summary=f"{failure.affects}{observed} Likely cause: {failure.cause} Runbook: docs/runbooks/{name}.md",
        runbook=f"{runbooks.rstrip('/')}/{name}.md" if runbooks else "",
        labels={"alertname": name, "check": result.name if result else ""},
    )
