"""The form that silences alerts by a link or from the console, and the end of a silence.

A silence needs an end and a reason; only the link of a digest's item makes one with a single press.

A link in a message names matchers that its holder may only narrow. The operator's own form begins with all labels of an
alert, and may drop any of them but the last. Both work without a script: "Count again" is a GET of the same form.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from functions.console.access import entrance, is_operator
from functions.console.context import OperatorContext
from functions.console.forms import MOST_FIELDS, fields_of
from functions.console.paths import TODAY, alert_path
from functions.console.responses import message, page, redirect
from functions.console.rows import at
from shared.alerting.matchers import parse_matcher
from shared.alerting.silences import silencing
from shared.context import Context
from shared.errors import AlreadyExists
from shared.events import document_id, iso
from shared.services.alerting.silences import Choice, OpenLabels, choices, expire, open_labels, silence
from shared.values.durations import parse_duration
from shared.values.http import HttpRequest, HttpResponse
from shared.values.local_time import as_datetime
from shared.values.text import headline
from shared.values.wall_clock import reached, shown

LENGTHS = ("1h", "4h", "1d", "7d")
OWN = "own"
"""The choice of a time of one's own, in the field `until`."""
LONGEST = timedelta(days=365)
MOST_TEXT = 200
_USUAL = frozenset({"alertname", "instance", "service"})
"""Labels that most silences name; the form folds the others."""
_TOO_BROAD = "This link would silence almost every alert."
_NARROWER = "Silence one rule instead: `opos silence add alertname=NAME --for 1h --why WHY`."


class Wish(NamedTuple):
    """What a form asks for. `chosen` are the offered matchers that are checked; `page` names the form's page."""

    chosen: frozenset[str]
    length: str = ""
    until: str = ""
    comment: str = ""
    page: str = ""


def ask(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    claims = context.links.read("silence", token, now=context.now)
    if not claims["matchers"] and claims.get("narrower") and not is_operator(request, context):
        return entrance(context)
    offered = claims.get("narrower", [])
    wish = _wish(request.query, claims) if "count" in request.query else Wish(frozenset(offered))
    return _shown(200, wish, claims, context)


def make(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    claims = context.links.read("silence", token, now=context.now)
    by_operator = is_operator(request, context)
    if not claims["matchers"] and claims.get("narrower") and not by_operator:
        return entrance(context)
    try:
        wish = _wish({name: values[0] for name, values in fields_of(request).items()}, claims)
    except ValueError:
        return message(400, f"A form has at most {MOST_FIELDS} fields", "Open the link again.", context)
    ends_at = _end(wish, context)
    if (fault := _fault(wish, ends_at, is_one_press="for" in claims)) or ends_at is None:
        return _shown(400, wish, claims, context, fault)
    return _made(wish, ends_at, claims, context, by_operator=by_operator)


def _made(
    wish: Wish, ends_at: datetime, claims: Mapping[str, Any], context: OperatorContext, *, by_operator: bool
) -> HttpResponse:  # fmt: skip
    """The answer to a form that lacks nothing. A second press makes no second silence."""
    matchers, author = _matchers(wish, claims), context.config.owner if by_operator else "link"
    own = _own_id(wish, matchers)
    try:
        id = silence(matchers, ends_at, context, author=author, comment=wish.comment or "no comment", id=own)
    except ValueError:
        return _too_broad(wish, claims, context)
    except AlreadyExists:
        id = own
        if not _is_in_force(id, context):
            return message(409, "This silence has ended", "Open the link again to make another.", context)
    if by_operator:
        return redirect(f"{alert_path(claims['alert'])}?done=silence" if "alert" in claims else TODAY)
    alerts = open_labels(context)
    held = alerts.in_words(alerts.count(matchers))
    until = wish.length if wish.length != OWN else f"until {at(iso(ends_at), context).short}"
    hint = f"It holds {held}. To end it earlier, open the console or run `opos silence expire {id[:8]}`."
    return message(200, f"Silenced {'' if wish.length == OWN else 'for '}{until}.", hint, context)


def end(request: HttpRequest, context: OperatorContext, token: str) -> HttpResponse:
    claims = context.links.read("unsilence", token, now=context.now)
    expire(claims["silence"], context)
    if is_operator(request, context):
        return redirect("/console/settings?done=silence")
    return message(200, "The silence has ended.", None, context)


def _wish(fields: Mapping[str, str], claims: Mapping[str, Any]) -> Wish:
    """What *fields* ask for; the check box of the offered matcher number n is called `label.n`."""
    chosen = frozenset(name for number, name in enumerate(claims.get("narrower", [])) if f"label.{number}" in fields)
    given = (fields.get(name, "").strip() for name in ("for", "until", "comment", "page"))
    return Wish(chosen, *given)


def _own_id(wish: Wish, matchers: Sequence[str]) -> str:
    """The id of the silence of a form: the same if it is sent twice, another if its page is opened or filled in anew.

    Empty for a form without a page, of an earlier release.
    """
    said = (wish.page, wish.length, wish.until, wish.comment, *matchers)
    return document_id("silence", *said) if wish.page else ""


def _is_in_force(id: str, context: Context) -> bool:
    doc = context.store.get(f"silences/{id}")
    return doc is not None and bool(doc.data["ends_at"] > iso(context.now))


def _matchers(wish: Wish, claims: Mapping[str, Any]) -> list[str]:
    return [*claims["matchers"], *(matcher for matcher in claims.get("narrower", []) if matcher in wish.chosen)]


def _end(wish: Wish, context: Context) -> datetime | None:
    """When the silence of *wish* ends; None if it names no time."""
    if wish.length in LENGTHS:
        return context.now + parse_duration(wish.length)
    if wish.length != OWN:
        return None
    try:
        local = as_datetime(datetime.fromisoformat(wish.until)).replace(tzinfo=None, microsecond=0)
        ends = [time for time in reached(local, ZoneInfo(context.config.timezone)) if time > context.now]
    except (ValueError, OverflowError):
        return None
    return next((time for time in ends if time <= context.now + LONGEST), None)


def _fault(wish: Wish, ends_at: datetime | None, *, is_one_press: bool) -> str:
    """What is missing or unclear, and how to mend it; empty if nothing is."""
    if wish.until and wish.length != OWN:
        return "Choose either a length, or Until and the time that you entered."
    if ends_at is None and wish.length == OWN:
        return f"Enter a time in the future, at most {LONGEST.days} days from now."
    if ends_at is None:
        return "Choose how long the silence lasts."
    if len(wish.comment) > MOST_TEXT:
        return f"Say why in at most {MOST_TEXT} characters; these are {len(wish.comment)}."
    return "" if wish.comment or is_one_press else "Say why: whoever is on call at 3 a.m. reads it."


def _too_broad(wish: Wish, claims: Mapping[str, Any], context: Context) -> HttpResponse:
    if not claims.get("narrower"):
        return message(400, _TOO_BROAD, _NARROWER, context)
    return _shown(400, wish, claims, context, "Choose at least one label: this would silence almost every alert.")


def _shown(
    status: int, wish: Wish, claims: Mapping[str, Any], context: Context, fault: str = ""
) -> HttpResponse:  # fmt: skip
    matchers, offered = _matchers(wish, claims), claims.get("narrower", [])
    try:
        if claims["matchers"] or not offered:
            silencing(matchers)
    except ValueError:
        return message(400, _TOO_BROAD, _NARROWER, context)
    alerts, zone = open_labels(context), ZoneInfo(context.config.timezone)
    rows = choices(claims["matchers"], offered, wish.chosen, alerts)
    view = {
        "fixed": [_label(matcher) for matcher in claims["matchers"]], "fault": fault,
        "labels": [_row(number, choice, alerts) for number, choice in enumerate(rows)],
        "matches": alerts.in_words(alerts.count(matchers)) if matchers else "", "lengths": LENGTHS, "own": OWN,
        "first": claims.get("for", ""), "length": wish.length or claims.get("for", LENGTHS[0]), "until": wish.until,
        "comment": wish.comment, "page": context.new_id(), "longest": MOST_TEXT,
        "alert": claims.get("alert", ""), "title": _title(claims, context),
        "zone": str(zone), "earliest": shown(context.now, zone).isoformat(timespec="minutes"),
    }  # fmt: skip
    return page(status, "silence.html", view, context)


def _title(claims: Mapping[str, Any], context: Context) -> str:
    alert = context.store.get(f"alerts/{claims['alert']}") if "alert" in claims else None
    return headline(alert.data["title"]) if alert else "The alert"


def _label(matcher: str) -> dict[str, str]:
    """A matcher as a form shows it: a label and its value, or the whole matcher where it is no equality."""
    parsed = parse_matcher(matcher)
    return {"name": parsed.name, "value": parsed.value if parsed.operator == "=" else matcher}


def _row(number: int, choice: Choice, alerts: OpenLabels) -> dict[str, Any]:
    words = f"{'without' if choice.is_chosen else 'with'} it, {alerts.in_words(choice.held)}"
    return {**_label(choice.matcher), "field": f"label.{number}", "is_chosen": choice.is_chosen, "words": words,
            "is_rare": parse_matcher(choice.matcher).name not in _USUAL}  # fmt: skip
