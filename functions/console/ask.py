"""The page of an ask: what it would change, who asks and why, and a button for each answer."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

from functions.console.context import ConsoleContext
from functions.console.forms import Form, changed_meanwhile
from functions.console.frame import Page
from functions.console.paths import TODAY, ask_path, event_path
from functions.console.prefix import absent, named
from functions.console.responses import message, redirect
from functions.console.rows import Row, at
from shared.asks.answer import EXPIRED, WITHDRAWN, AnswerDoc
from shared.asks.ask import Option, called
from shared.context import Context
from shared.errors import AlreadyExists, Conflict, NotFound, OposError, Unavailable
from shared.records.body import OPERATOR
from shared.records.change import Actor
from shared.records.text import shown
from shared.services.asks.answers import AlreadyAnswered, Expired, Outdated
from shared.services.asks.asks import Stored, with_answer
from shared.services.asks.decisions import decide
from shared.values.http import HttpRequest, HttpResponse
from shared.values.text import headline

LONGEST_WHY = 500
CAUSES = 5
"""How many events, runs and answers a page names that led to the ask."""
_SIGNS = {"open": ("ask", "acc"), "answered": ("ok", "ok"), "expired": ("wait", "mute"), "withdrawn": ("undo", "mute")}


def show(request: HttpRequest, context: ConsoleContext, id: str) -> Page:
    try:
        doc = named(("asks",), id, "ask", context)
    except NotFound as error:
        return absent(error, id, TODAY)
    if doc.id != id:
        return Page("", {}, location=ask_path(doc.id))
    is_late = "already" in request.query
    return Page("ask.html", {**view(with_answer(doc, context), context), "is_late": is_late}, TODAY)


def answer(form: Form, context: ConsoleContext, id: str, option: str) -> HttpResponse:
    """Answer the ask as its page showed it. If it has an answer already, nothing changes, and the page says whose."""
    why, seen = form.fields.get("why", "").strip(), form.fields.get("version", "")
    if len(why) > LONGEST_WHY or not seen:
        return message(400, f"Say why in at most {LONGEST_WHY} characters", "Nothing was changed.", context)
    by = Actor(kind="person", name=context.config.owner)
    try:
        decide(id, option, by, context, device=form.device, reason=why, bound=seen)
    except (AlreadyAnswered, Expired):
        return redirect(f"{ask_path(id)}?already=1")
    except Outdated:
        return changed_meanwhile(ask_path(id), context)
    except (AlreadyExists, Conflict, Unavailable, NotFound):
        raise
    except OposError as fault:
        return message(409, "This cannot be done", f"Nothing was changed. {fault.message}", context)
    return redirect(f"{ask_path(id)}?done=1")


def view(ask: Stored, context: Context) -> Row:
    doc, (sign, colour) = ask.ask, _SIGNS[ask.state]
    fields: Mapping[str, Any] = doc["content"].get("fields") or {}
    until = doc["decide_by"]
    return {
        "id": ask.id, "path": ask_path(ask.id), "version": doc["bound"], "state": ask.state, "sign": sign,
        "colour": colour, "kind": doc["kind"].capitalize(), "title": headline(doc["title"]),
        "about": doc["about"].split("/", 1), "why": doc["why"], "otherwise": doc["otherwise"],
        "options": [_option(option, ask.id) for option in doc["options"]], "longest_why": LONGEST_WHY,
        "asker": called(doc["asker"], context.config.owner), "asked": at(doc["created_at"], context),
        "until": at(until, context) if until else None,
        "fields": [_field(name, field) for name, field in sorted(fields.items())],
        "causes": list(_causes(doc["chain"], context)), "ended": _ended(ask.answer, context),
    }  # fmt: skip


def _option(option: Option, id: str) -> Row:
    return {**option, "path": f"{ask_path(id)}/answer/{quote(option['name'], safe='')}"}


def _field(name: str, field: Mapping[str, Any]) -> Row:
    owner = "you" if field["owner"] == OPERATOR else field["owner"]
    return {"name": name, "owner": owner, "now": shown(field["now"]), "value": shown(field["value"])}


def _causes(chain: list[str], context: Context) -> Iterator[Row]:
    """What led to the ask, the first cause first."""
    for id in islice(chain, CAUSES):
        event = context.store.get(f"events/{id}")
        words = headline(f"{event.data['source']} {event.data['type']}") if event else "No longer stored"
        when = at(event.data["received_at"], context) if event else None
        yield {"id": id, "path": event_path(id) if event else "", "words": words, "at": when}


def _ended(answer: AnswerDoc | None, context: Context) -> Row | None:
    if answer is None:
        return None
    ends = {EXPIRED: "Expired", WITHDRAWN: "Withdrawn"}
    words = ends.get(answer["option"], f"Answered {answer['option']}")
    who = called(answer["by"], context.config.owner) + (f", {answer['device']}" if answer["device"] else "")
    return {"words": words, "who": who, "reason": answer["reason"], "at": at(answer["at"], context)}
