"""Looks at what is promised, each minute: what is broken becomes an alert, and what is mended closes it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import Alert, Event, iso
from shared.health.failures import FAILURES, Failure
from shared.health.report import Finding
from shared.ports import Write
from shared.services.alerting.notification import write
from shared.services.health.checks import cost as spending
from shared.services.health.checks import external as outside
from shared.services.health.checks.pipeline import SWEEP
from shared.services.health.checks.registry import UNKNOWN, WATCHED, asked_now
from shared.services.health.context import HealthContext
from shared.services.health.probes import findings
from shared.services.intake.acceptance import announce, keep, own_event
from shared.telemetry.logger import log as _log

Said = tuple[Event, Alert]
Broken = Mapping[str, dict[str, Any]]
"""Each failure: `since` when it lasts, and whether it was `told`. It is told when a second sweep meets it: the first
after a pause finds much that is late, and mends it.
"""


class SilentError(Exception):
    """Something is broken that may keep its own alert from arriving."""


def watch(context: HealthContext) -> None:
    """Write down that a sweep was made and what is broken, together with an event for each change of that.

    Raises SilentError, so that the external checker is not called.
    """
    doc = context.store.get(SWEEP)
    known = doc.data if doc else {}
    before: Broken = known.get("broken", {})
    seen = outside.look(known.get("outside") or {}, context)
    unreachable = _unreachable(known, seen, context)
    found = _found(seen, unreachable, context)
    broken = _broken(before, found, context)
    month = spending.look(known.get("month") or {}, context)
    state = {
        "at": iso(context.now), "broken": broken, "outside": seen, "unreachable": unreachable, "month": month,
    }  # fmt: skip
    _commit(
        write(SWEEP, state, doc), [*_fired(before, broken, found, context), *_mended(before, broken, context)], context
    )
    if silent := [name for name, one in broken.items() if one["told"] and FAILURES[name].blocks_alerts]:
        _log.error("promise_broken", failures=silent)
        raise SilentError


def _found(seen: dict[str, Any], unreachable: Mapping[str, str], context: HealthContext) -> dict[str, Finding]:
    looked_at = [*findings(WATCHED, context), *outside.about(seen, context), *outside.not_reached(unreachable)]
    return {one.failure: one for one in looked_at if one.failure in FAILURES}


def _broken(before: Broken, found: Collection[str], context: Context) -> Broken:
    """What could not be looked at is not mended."""
    still = {name: _still(before.get(name), context) for name in found}
    return {**before, **still} if UNKNOWN in found else still


def _commit(state: Write, said: Sequence[Said], context: Context) -> None:
    """With an event for each that is *said*. Where another sweep is quicker, it has said it."""
    kept = [keep(event) for event, _ in said]
    try:
        versions = context.store.commit([state, *kept])
    except (Conflict, AlreadyExists):
        return
    for (event, alert), create in zip(said, kept, strict=True):
        announce(event, (alert,), versions[create.path], context)


def _unreachable(known: Mapping[str, Any], seen: Mapping[str, Any], context: HealthContext) -> dict[str, str]:
    """The failure of each channel and issuer that did not answer, looked at as often as what else lies outside."""
    if seen["at"] != iso(context.now):
        return dict(known.get("unreachable") or {})
    return {one.name: one.failure for one in findings(asked_now(context), context) if one.failure in FAILURES}


def _still(before: dict[str, Any] | None, context: Context) -> dict[str, Any]:
    return {**before, "told": True} if before else {"since": iso(context.now), "told": False}


def _fired(before: Broken, broken: Broken, found: Mapping[str, Finding], context: Context) -> Iterator[Said]:
    for name in found.keys() & broken.keys():
        is_new = broken[name]["told"] and not (name in before and before[name]["told"])
        if is_new and FAILURES[name].severity:
            yield _said(name, broken[name]["since"], found[name], context)


def _mended(before: Broken, broken: Broken, context: Context) -> Iterator[Said]:
    for name in before.keys() - broken.keys() & FAILURES.keys():
        if before[name]["told"] and FAILURES[name].severity:
            yield _said(name, before[name]["since"], None, context)


def _said(name: str, since: str, finding: Finding | None, context: Context) -> Said:
    alert = _alert(name, FAILURES[name], finding, context)
    return own_event(alert, "health", delivery_id=f"failure:{name}:{alert.status}:{since}", context=context), alert


def _alert(name: str, failure: Failure, finding: Finding | None, context: Context) -> Alert:
    """Firing while there is a *finding*."""
    observed = f" {finding.name} is {finding.value:g} {finding.unit}." if finding else ""
    runbooks = context.config.health.runbooks
    return Alert(
        fingerprint=f"health:{name}",
        title=failure.title,
        severity=failure.severity or "warning",
        status="firing" if finding else "resolved",
        summary=f"{failure.affects}{observed} Likely: {failure.cause} Runbook: docs/runbooks/{name}.md",
        runbook=f"{runbooks.rstrip('/')}/{name}.md" if runbooks else "",
        labels={"alertname": name, "check": finding.name if finding else ""},
    )
