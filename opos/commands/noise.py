"""`opos noise`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import moment, operator_clock
from shared.alerting.noise import Advice, Noise, costs_by_rule, noise
from shared.alerting.route_suggestions import WHERE
from shared.events import iso


@click.command("noise")
@click.option("--since", type=moment, default="30d", show_default=True, help="An age (7d), a day or an ISO 8601 time.")
@with_place
@json_option
@reports_errors
def command(since: datetime, place: Place, *, as_json: bool) -> None:
    """Show how often each rule interrupted you, what that cost, how often you acted on it, and what to change."""
    runtime = place.runtime()
    store = runtime.store
    alerts = [doc.data for doc in store.query("alerts") if doc.data.get("kind") == "alert" and "episodes" in doc.data]
    pages = store.query("outbox", where=[("created_at", ">=", iso(since))], order_by="created_at")
    costs = costs_by_rule((page.data for page in pages), {alert["id"]: alert for alert in alerts})
    rules = noise(alerts, costs, since=iso(since))
    none = f"No alert has fired since {operator_clock(runtime).time(since)}."
    show([_plain(rule) for rule in rules], list(_lines(rules)) or none, as_json=as_json)


_ADVICE: dict[Advice, str] = {
    "raise the delay": "Most of its alerts resolve on their own: hold them first",
    "demote": "You rarely act on it: keep it out of notifications",
    "delete": "You never act on it: delete the rule at its source, or keep it out of notifications",
}


def _plain(rule: Noise) -> dict[str, Any]:
    counted = ("source", "alertname", "fired", "told", "acted", "by_itself", "lasting", "cost")
    return {name: getattr(rule, name) for name in (*counted, "precision", "score", "advice", "lines")}


def _lines(rules: list[Noise]) -> Iterator[str]:
    for rule in rules:
        name = f"{rule.source} {rule.alertname}"
        yield (
            f"{name:<40} fired {rule.fired}, interrupted {rule.told}, acted on {rule.acted}, "
            f"resolved on its own {rule.by_itself}, fired for long {rule.lasting}, "
            f"cost {rule.cost:g}, noise {rule.score:g}"
        )
        if rule.advice:
            yield f"  {_ADVICE[rule.advice]}; write {WHERE}:"
            yield f"    {rule.lines}"
