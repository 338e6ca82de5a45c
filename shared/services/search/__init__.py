"""Finds alerts and events, whatever their number, with bounded reads: lists, their counts, and a search over all."""

from shared.services.search.alerts import open_alerts
from shared.services.search.events import events
from shared.services.search.filters import NO_FILTERS, BadQuery, Filters, parse
from shared.services.search.hits import Hit, Results, search
from shared.services.search.listing import Listing

__all__ = ["NO_FILTERS", "BadQuery", "Filters", "Hit", "Listing", "Results", "events", "open_alerts", "parse", "search"]
