"""The open alerts, the worst first, with filters that are part of the address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import ALERTS
from functions.console.today import alert_rows
from shared.alerting.attention import headline
from shared.ports.terms import NOW
from shared.services.search import NO_FILTERS, BadQuery, Listing, open_alerts, parse
from shared.values.http import HttpRequest
from shared.values.text import counted

SHOWN = 50
SEVERITIES, STATES = ("critical", "warning", "info"), ("firing", "acknowledged", "snoozed")
FIELDS = ("source", "state", "severity", "label", "day", "q")


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    chosen = {name: request.query.get(name, "").strip() for name in FIELDS}
    try:
        filters, fault = parse(_query(chosen), context), ""
    except BadQuery as error:
        filters, fault = NO_FILTERS, error.message
    after, is_filtered = request.query.get("after", ""), filters != NO_FILTERS
    listing = open_alerts(filters, context, SHOWN, after)
    view = {
        "chosen": chosen, "is_filtered": is_filtered, "is_folded": not any(chosen.values()), "fault": fault,
        "listing": listing, "after": after,
        "first": urlencode({name: value for name, value in chosen.items() if value}),
        "headline": _matches(listing) if is_filtered else _headline(listing), "rows": alert_rows(listing.rows, context),
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
    now = listing.counts[NOW]
    acknowledged, snoozed = (listing.count(state=state) for state in ("acknowledged", "snoozed"))
    return headline(now, listing.count(state="firing") - now, acknowledged=acknowledged, snoozed=snoozed).text


def _matches(listing: Listing) -> str:
    """How many alerts match, which says nothing about the others."""
    if listing.total is None:
        return "The open alerts that match"
    return f"{counted(listing.total, 'open alert')} {'matches' if listing.total == 1 else 'match'}"
