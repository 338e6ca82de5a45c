"""The health page: what the last sweep found wrong, the objectives, and what was deployed."""

from datetime import timedelta
from typing import Any

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import HEALTH
from functions.console.rows import Row, at
from shared.context import Context
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
            "runbook": f"{runbooks}/{name}.md" if runbooks else f"docs/runbooks/{name}.md",
        }
        for name, failure in FAILURES.items() if name in broken
    ]  # fmt: skip


def _objectives(context: Context) -> list[Row]:
    slos = context.config.slos
    slots = counted(context.store, context.now - slos.window)
    return [_objective(name, total(slots[name], context.now, slos.window), context) for name in INDICATORS]


def _objective(name: Any, counts: tuple[int, int], context: Context) -> Row:
    slos = context.config.slos
    objective, (good, bad) = slos.objective(name), counts
    left = budget_left(counts, objective.target)
    return {
        "name": name.replace("_", " "), "within": duration_text(objective.within), "target": f"{objective.target:g}",
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
