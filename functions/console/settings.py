"""The settings page: what is connected and whether it is heard, what holds notifications, and who is signed in."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from functions.console.context import ConsoleContext
from functions.console.forms import Form, changed_meanwhile
from functions.console.frame import Page
from functions.console.links import expire_path
from functions.console.paths import SETTINGS, message_path
from functions.console.responses import message, redirect
from functions.console.rows import Row, at, heartbeat_row, message_row
from shared.config.channels import SecretChannel
from shared.context import Context
from shared.errors import NotFound
from shared.events import iso
from shared.intake.rejections import Rejected
from shared.ports import Condition, Doc
from shared.services.alerting import focus_blocks
from shared.services.console.sessions import end, sessions
from shared.services.intake.pings import beats
from shared.services.intake.rejections import among
from shared.services.outbox.channel_tests import queue_test
from shared.services.slo.indicators import last_accepted, reported
from shared.values.durations import parse_duration
from shared.values.http import HttpRequest, HttpResponse
from shared.values.wall_clock import next_time_of_day

SINCE = timedelta(days=7)
"""How far back the page looks for what sources sent."""
LATEST = 50
"""How many of the latest messages the page reads to say what a channel delivered last."""
LISTED = 200
"""How many silences the page lists, the first to end first."""
FOCUS = ("1h", "4h", "tomorrow")
_DONE = {
    "focus": "Until its end, only critical alerts notify you.",
    "focus-ended": "The focus block has ended.",
    "session": "The session has ended.",
    "silence": "The silence has ended. What it held is judged again within a minute.",
}


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    view = {
        "done": _DONE.get(request.query.get("done", ""), ""),
        "sources": _sources(context),
        "channels": _channels(context),
        "heartbeats": [heartbeat_row(beat, context) for beat in beats(context).values()],
        "silences": _silences(context),
        "blocks": [_block(doc, context) for doc in focus_blocks.running(context)],
        "choices": FOCUS,
        "hours": _hours(context),
        "sessions": [] if context.deployed else [_session(doc, context) for doc in sessions(context)],
    }
    return Page("settings.html", view, SETTINGS)


def _sources(context: Context) -> list[Row]:
    """The sources of opos.yaml, then the other places at which something was rejected."""
    reports = reported(context.store, context.now - SINCE)
    accepted = last_accepted(reports)
    latest = {count.place: count for count in sorted(among(reports), key=lambda count: str(count.last))}
    places = dict.fromkeys([*context.config.sources, *latest])
    return [_source(place, accepted.get(place), latest.get(place), context) for place in places]


def _source(place: str, accepted: str | None, rejected: Rejected | None, context: Context) -> Row:
    source = context.config.sources.get(place)
    return {
        "name": place, "scheme": source.scheme if source else "not in opos.yaml",
        "secrets": len(source.secrets) if source else "", "is_configured": source is not None,
        "accepted": at(accepted, context) if accepted else None,
        "rejected": at(rejected.last, context) if rejected else None,
        "why": rejected.words if rejected else "", "advice": rejected.advice if rejected else "",
    }  # fmt: skip


def _channels(context: Context) -> list[Row]:
    docs = context.store.query("outbox", order_by="created_at", descending=True, limit=LATEST)
    latest: dict[str, Doc] = {}
    for doc in docs:
        latest.setdefault(doc.data.get("channel", ""), doc)
    return [_channel(name, channel, latest.get(name), context) for name, channel in context.config.channels.items()]


def _channel(name: str, channel: Any, doc: Doc | None, context: Context) -> Row:
    last = message_row(doc, context) if doc else None
    is_secret = isinstance(channel, SecretChannel)
    return {"name": name, "kind": channel.kind if is_secret else "console", "testable": is_secret, "last": last}


def _silences(context: Context) -> list[Row]:
    where: list[Condition] = [("ends_at", ">", iso(context.now))]
    docs = context.store.query("silences", where=where, order_by="ends_at", limit=LISTED)
    return [
        {
            **{name: doc.data[name] for name in ("matchers", "author", "comment")},
            "id": doc.id, "until": at(doc.data["ends_at"], context), "expire": expire_path(doc, context),
            "begins": at(doc.data["starts_at"], context) if doc.data["starts_at"] > iso(context.now) else None,
        }
        for doc in docs
    ]  # fmt: skip


def _block(doc: Doc, context: Context) -> Row:
    return {"id": doc.id, "name": doc.data["name"], "until": at(doc.data["ends_at"], context)}


def _hours(context: Context) -> list[tuple[str, str]]:
    """Each recurring time in which less interrupts, in words."""
    focus = context.config.focus
    night = f"{_clock(focus.night.from_)} to {_clock(focus.night.to)}, interruptions cost {focus.night.factor:g} times"
    blocks = [(block.name, f"{_clock(block.from_)} to {_clock(block.to)}") for block in focus.blocks]
    budget = [("Budget", f"{focus.budget.interruptions_per_day} interruptions a day")] if focus.budget else []
    return [("Night", night), *blocks, *budget]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _session(doc: Doc, context: Context) -> Row:
    times = {name: at(doc.data[name], context) for name in ("last_seen", "ends_at")}
    return {"id": doc.id, "browser": doc.data["browser"], **times}


def test_channel(form: Form, context: ConsoleContext, name: str) -> HttpResponse:
    """Queue a test message, and lead to its page, which says what the receiver answers."""
    if not isinstance(context.config.channels.get(name), SecretChannel):
        raise NotFound(f"There is no channel {name} to test.")
    return redirect(message_path(queue_test(name, context)))


def begin_focus(form: Form, context: ConsoleContext) -> HttpResponse:
    """Begin a focus block. Refused if one runs, of which the page of the form did not know: it offers none then."""
    choice = form.fields.get("for", "")
    if choice not in FOCUS:
        return message(400, f"Choose one of {', '.join(FOCUS)}.", None, context)
    if focus_blocks.running(context):
        return changed_meanwhile(SETTINGS, context)
    focus_blocks.begin(_focus_end(choice, context), context)
    return redirect(f"{SETTINGS}?done=focus")


def _focus_end(choice: str, context: Context) -> datetime:
    """The end of *choice*: a length, or the end of the night."""
    if choice != "tomorrow":
        return context.now + parse_duration(choice)
    hours, minutes = divmod(context.config.focus.night.to, 60)
    return next_time_of_day(time(hours % 24, minutes), context.now, ZoneInfo(context.config.timezone))


def end_focus(form: Form, context: ConsoleContext) -> HttpResponse:
    focus_blocks.end(context, form.lists.get("block", []))
    return redirect(f"{SETTINGS}?done=focus-ended")


def end_session(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    end(id, context)
    return redirect(f"{SETTINGS}?done=session")
