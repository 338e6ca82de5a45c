"""The health page: what the last sweep found wrong, the objectives, and what was deployed."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import EVENTS, FLAGS, HEALTH, SETTINGS, alert_path, message_path
from functions.console.rows import Row, at
from shared.context import Context
from shared.events import OWN_SOURCE, document_id
from shared.health.failures import FAILURES
from shared.ports import Doc
from shared.services.health.checks.pipeline import SWEEP
from shared.services.slo.indicators import INDICATORS, counted
from shared.slo.burn_rate import budget_left, total
from shared.values.durations import duration_text
from shared.values.http import HttpRequest
from shared.values.local_time import as_datetime, duration

LATE = timedelta(minutes=3)
"""A sweep is made every minute. What it found is old if it is older than this."""
DEPLOYMENTS = 10
"""How many of the last deployments the page lists."""
MESSAGES = 3
"""How many of the messages that a failure is about the page links."""
_CHANNELS = ("The channels", f"{SETTINGS}#channels")
_PLACES: Mapping[str, tuple[str, str]] = {
    "channel-unreachable": _CHANNELS, "outbox-stuck": _CHANNELS, "pages-refused": _CHANNELS,
    "digests-refused": _CHANNELS, "digest-late": _CHANNELS,
    "events-unhandled": ("The events", f"{EVENTS}?outcome=accepted"),
    "messages-dead": ("The events", f"{EVENTS}?outcome=dead"),
    "events-quarantined": ("The events", f"{EVENTS}?outcome=quarantined"),
    "webhooks-rejected": ("The sources", f"{SETTINGS}#sources"),
    "heartbeat-missed": ("The heartbeats", f"{SETTINGS}#heartbeats"),
    "flag-overridden": ("The flags", FLAGS), "flags-unreadable": ("The flags", FLAGS),
    "deployment-unfinished": ("The deployments", "#deployments"),
}  # fmt: skip
"""The page that shows what a failure is about."""
_UNDELIVERED = {"pages-refused": "outbox", "digests-refused": "digests"}
_OBJECTIVES = {
    "webhook_to_effect": "Webhook acted on", "event_handled": "Event processed",
    "page_delivered": "Notification delivered", "flag_lookup": "Flag evaluated",
}  # fmt: skip
"""The indicators in words."""


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    doc = context.store.get(SWEEP)
    sweep = doc.data if doc else {}
    swept = at(sweep.get("at"), context)
    is_silent = not swept.iso or context.now - as_datetime(swept.iso) > LATE
    view = {
        "swept": swept,
        "silent": is_silent,
        "failures": _failures(sweep.get("broken", {}), context),
        "objectives": _objectives(context),
        "deployments": _deployments(context),
    }
    return Page("health.html", view, HEALTH, live=True)


def _failures(broken: Any, context: Context) -> list[Row]:
    """What does not pass, in the order of the table of failures: the first may be the cause of the others."""
    runbooks = (context.config.health.runbooks or "").rstrip("/")
    return [
        {
            "name": name, "title": failure.title, "affects": failure.affects, "cause": failure.cause,
            "since": at(broken[name]["since"], context), "blocks": failure.blocks_alerts,
            "links": list(_links(name, context)),
            "runbook": f"{runbooks}/{name}.md" if runbooks else f"docs/runbooks/{name}.md",
        }
        for name, failure in FAILURES.items() if name in broken
    ]  # fmt: skip


def _links(name: str, context: Context) -> Iterator[tuple[str, str]]:
    """Where to look into the failure *name*: its alert, what it is about, and the messages that were not delivered."""
    alert = document_id(OWN_SOURCE, f"health:{name}")
    if context.store.get(f"alerts/{alert}"):
        yield "Its alert", alert_path(alert)
    if name in _PLACES:
        yield _PLACES[name]
    if name in _UNDELIVERED:
        for state in ("failed", "parked"):
            docs = context.store.query(_UNDELIVERED[name], where=[("state", "==", state)], limit=MESSAGES)
            yield from ((f"Message {doc.id[:8]}", message_path(doc.id)) for doc in docs)


def _objectives(context: Context) -> list[Row]:
    slos = context.config.slos
    slots = counted(context.store, context.now - slos.window)
    return [_objective(name, total(slots[name], context.now, slos.window), context) for name in INDICATORS]


def _objective(name: Any, counts: tuple[int, int], context: Context) -> Row:
    slos = context.config.slos
    objective, (good, bad) = slos.objective(name), counts
    left = budget_left(counts, objective.target)
    return {
        "name": _OBJECTIVES[name], "within": duration_text(objective.within), "target": f"{objective.target:g}",
        "window": duration(slos.window), "good": good, "bad": bad,
        "share": f"{100 * good / (good + bad):.3f} %" if good + bad else "", "left": max(0.0, min(100.0, left)),
        "is_out": left <= 0 and bad > 0,
    }  # fmt: skip


def _deployments(context: Context) -> list[Row]:
    docs = context.store.query("deployments", order_by="number", descending=True, limit=DEPLOYMENTS)
    return [_deployment(doc, context) for doc in docs]


def _deployment(doc: Doc, context: Context) -> Row:
    data = doc.data
    return {
        "id": doc.id, "target": data["target"], "phase": data["phase"].replace("_", " "), "by": data["by"],
        "commit": data["commit"][:8], "reason": data.get("reason", ""), "at": at(data["began_at"], context),
        "is_done": data["phase"] == "done", "is_back": data["phase"] in {"rolled_back", "left"},
    }  # fmt: skip
