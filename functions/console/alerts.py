"""The open alerts, the worst first, with filters that are part of the address."""

from collections.abc import Mapping

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import ALERTS
from functions.console.today import alert_rows
from shared.alerting.attention import headline
from shared.services.search import NO_FILTERS, BadQuery, Listing, open_alerts, parse
from shared.values.http import HttpRequest

SHOWN = 50
SEVERITIES, STATES = ("critical", "warning", "info"), ("firing", "acknowledged", "snoozed")
FIELDS = ("source", "state", "severity", "label", "day", "q")


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    chosen = {name: request.query.get(name, "").strip() for name in FIELDS}
    try:
        filters, fault = parse(_query(chosen), context), ""
    except BadQuery as error:
        filters, fault = NO_FILTERS, error.message
    listing = open_alerts(filters, context, SHOWN, request.query.get("after", ""))
    view = {
        "chosen": chosen, "is_filtered": any(chosen.values()), "fault": fault, "listing": listing,
        "headline": _headline(listing), "rows": alert_rows(listing.rows, context),
        "sources": sorted(context.config.sources), "severities": SEVERITIES, "states": STATES,
    }  # fmt: skip
    return Page("alerts.html", view, ALERTS, live=True)


def _query(chosen: Mapping[str, str]) -> str:
    """The filters as the search writes them."""
    filters = (f'{name}:"{value}"' for name, value in chosen.items() if value and name != "q")
    return " ".join([*filters, chosen["q"]])


def _headline(listing: Listing) -> str:
    if listing.total is None:
        return "Open alerts"
    critical = listing.count(state="firing", severity="critical")
    acknowledged, snoozed = (listing.count(state=state) for state in ("acknowledged", "snoozed"))
    later = listing.count(state="firing") - critical
    return headline(critical, later, acknowledged=acknowledged, snoozed=snoozed).text
