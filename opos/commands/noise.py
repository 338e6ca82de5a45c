"""`opos noise`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import moment
from shared.alerting.noise import Noise, costs_by_rule, noise
from shared.alerting.route_suggestions import WHERE
from shared.events import iso


@click.command("noise")
@click.option("--since", type=moment, default="30d", show_default=True, help="An age (7d), a day or a moment.")
@with_place
@json_option
@reports_errors
def command(since: datetime, place: Place, *, as_json: bool) -> None:
    """Say of each rule how often it interrupted, what that cost, how often it was worth it, and what to change."""
    store = place.runtime().store
    alerts = [doc.data for doc in store.query("alerts") if doc.data.get("kind") == "alert" and "episodes" in doc.data]
    pages = store.query("outbox", where=[("created_at", ">=", iso(since))], order_by="created_at")
    costs = costs_by_rule((page.data for page in pages), {alert["id"]: alert for alert in alerts})
    found = noise(alerts, costs, since=iso(since))
    show([_plain(one) for one in found], "\n".join(_lines(found)) or "Nothing has fired.", as_json=as_json)


def _plain(one: Noise) -> dict[str, Any]:
    counted = ("source", "alertname", "fired", "told", "acted", "by_itself", "cost")
    return {name: getattr(one, name) for name in (*counted, "precision", "score", "advice", "lines")}


def _lines(found: list[Noise]) -> Iterator[str]:
    for one in found:
        name = f"{one.source} {one.alertname}"
        yield (
            f"{name:<40} fired {one.fired}, interrupted {one.told}, acted on {one.acted}, "
            f"resolved by itself {one.by_itself}, cost {one.cost:g}, noise {one.score:g}"
        )
        if one.advice:
            yield f"  {one.advice}: {WHERE}"
            yield f"    {one.lines}"
        if one.advice == "delete":
            yield "  nobody ever acted on it: better still, delete the rule at its source"
