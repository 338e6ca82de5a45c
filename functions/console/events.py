"""The page of events: day by day, the newest first, with filters."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.outcomes import OUTCOMES, outcome
from functions.console.paths import EVENTS, event_path
from functions.console.prefix import named
from functions.console.quarantine import fault
from functions.console.rows import Row, at, localized_reason
from shared.context import Context
from shared.errors import NotFound
from shared.events import OWN_SOURCE, iso
from shared.ports import Doc
from shared.services.search.events import events
from shared.services.search.filters import Filters, on_day
from shared.services.search.listing import Listing
from shared.values.http import HttpRequest
from shared.values.local_time import as_datetime
from shared.values.masking import without_secrets
from shared.values.text import headline, one_line
from shared.values.words import words

PAGE = 50
_NAMES = ("source", "type", "outcome", "day", "q")
_PLACE = re.compile(r"\d{4}-\d\d(-\d\d(T[0-9:.]{2,15}Z?)?)?/[0-9a-f]{0,64}")
_ID = re.compile(r"[0-9a-f]{4,64}")
_LONGEST = 100
_CHIPS = ("notified", "held", "digest", "recorded", "repeat", "quarantined", "dead", "accepted")


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    asked = {name: value for name in _NAMES if (value := one_line(request.query.get(name, ""), _LONGEST))}
    if path := _named(asked, context):
        return Page("", {}, location=path)
    after = _place(request.query.get("after", ""))
    filters, mistake = filters_of(asked, context)
    listing = Listing([]) if mistake else events(filters, context, PAGE, after)
    view = {
        "days": list(_days(listing.rows, context)),
        "asked": {**dict.fromkeys(_NAMES, ""), **asked},
        "chips": list(_chips(asked)),
        "used": list(_used(asked)),
        "sources": [*context.config.sources, OWN_SOURCE],
        "fault": mistake,
        "older": _address({**asked, "after": listing.more}) if listing.more else "",
        "newest": _address(asked) if after else "",
        "looked_through": listing.looked_through,
        "webhooks": f"{context.links.base_url.rstrip('/')}/webhooks/",
    }
    return Page("events.html", view, EVENTS)


def filters_of(asked: Mapping[str, str], context: Context) -> tuple[Filters, str]:
    """The filters that the form *asked* for, and what is wrong with them."""
    outcome, mistake = asked.get("outcome"), ""
    if outcome and outcome not in OUTCOMES:
        mistake = f"outcome: expected {', '.join(OUTCOMES)}, found {outcome}"
    wanted = tuple(dict.fromkeys(words(asked.get("q", ""))))
    filters = Filters(wanted, asked.get("source"), asked.get("type"), outcome=outcome)
    try:
        if asked.get("day"):
            filters = on_day(filters, date.fromisoformat(asked["day"]), context.config.timezone)
    except (ValueError, OverflowError):
        mistake = f"day: expected a day such as {iso(context.now)[:10]}, found {asked['day']}"
    return filters, mistake


def _place(after: str) -> str:
    """The place of a link to older events; empty if *after* is none."""
    try:
        return after if _PLACE.fullmatch(after) and date.fromisoformat(f"{after[:7]}-01") else ""
    except ValueError:
        return ""


def _named(asked: Mapping[str, str], context: Context) -> str:
    """The page of the event whose id, or the beginning of it, is the text asked for; empty if there is none."""
    if not _ID.fullmatch(asked.get("q", "").lower()):
        return ""
    try:
        return event_path(named(("events",), asked["q"].lower(), "event", context).id)
    except NotFound:
        return ""


def _days(docs: Sequence[Doc], context: Context) -> Iterator[Row]:
    zone = ZoneInfo(context.config.timezone)
    today = context.now.astimezone(zone).date()
    for day, of_day in groupby(docs, lambda doc: as_datetime(doc.data["received_at"]).astimezone(zone).date()):
        name = {today: "Today", today - timedelta(days=1): "Yesterday"}.get(day, f"{day:%A} {day.day} {day:%B}")
        year = "" if day.year == today.year else f" {day.year}"
        yield {"words": f"{name}{year}", "events": [event_row(doc, context) for doc in of_day]}


def event_row(doc: Doc, context: Context) -> Row:
    """An event as a row of a list."""
    data, mark = doc.data, outcome(doc.data)
    kind = "" if data["type"] in {data["subject"], "quarantined"} else f" {one_line(without_secrets(data['type']), 60)}"
    return {
        "path": event_path(doc.id), "mark": mark, "at": at(data["received_at"], context),
        "title": headline(without_secrets(data["subject"] or data["type"])),
        "more": f"{data['source']}{kind}, {mark.words.lower()}{_reason(data, context)}",
    }  # fmt: skip


def _reason(data: Mapping[str, Any], context: Context) -> str:
    """Why nobody was notified, unless the outcome says it."""
    if data["quarantine"]:
        return f": {one_line(fault(data['quarantine']).words, 120)}"
    decisions = [decision for handled in data["handled"].values() for decision in handled["decisions"]]
    reasons = [decision["reason"] for decision in decisions if decision["path"] in {"hold", "record"}]
    return f": {one_line(without_secrets(localized_reason(reasons[0], context)), 120)}" if reasons else ""


def _chips(asked: Mapping[str, str]) -> Iterator[Row]:
    """The outcomes to choose from, within the other filters."""
    rest = {name: value for name, value in asked.items() if name != "outcome"}
    yield {"words": "All", "path": _address(rest), "is_current": "outcome" not in asked}
    for name in _CHIPS:
        mark, path = OUTCOMES[name], _address({**rest, "outcome": name})
        yield {"words": mark.words, "path": path, "is_current": asked.get("outcome") == name}


def _used(asked: Mapping[str, str]) -> Iterator[Row]:
    """The filters in use, each with the address of the page without it."""
    for name, value in asked.items():
        said = OUTCOMES[value].words if name == "outcome" and value in OUTCOMES else value
        rest = {other: text for other, text in asked.items() if other != name}
        yield {"words": f"{'text' if name == 'q' else name} is {said}", "path": _address(rest)}


def _address(query: Mapping[str, Any]) -> str:
    return f"{EVENTS}?{urlencode(query)}" if query else EVENTS
