"""The page of a message: a notification or a digest with its attempts, and the button that sends it again."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.console.context import ConsoleContext
from functions.console.forms import Form, changed_meanwhile
from functions.console.frame import Page
from functions.console.links import digest_path
from functions.console.paths import TODAY, alert_path, event_path, message_path
from functions.console.prefix import absent, named
from functions.console.responses import redirect
from functions.console.rows import Row, at, localized_reason
from shared.context import Context
from shared.errors import NOT_DELIVERED, NotFound
from shared.ports import Doc
from shared.services.outbox.addressees import receiver_name
from shared.services.outbox.message import made_at
from shared.services.outbox.resending import is_undelivered, once_more
from shared.values.http import HttpRequest, HttpResponse
from shared.values.text import headline

LISTED = 20
"""How many alerts a page of a message names."""
_STATES: Mapping[str, tuple[str, str, str]] = {
    "sent": ("Delivered", "send", "ok"),
    "sending": ("Being sent", "wait", "info"),
    "pending": ("Waiting for the next attempt", "wait", "warning"),
    "failed": ("Not delivered: the receiver rejects it", "fail", "critical"),
    "parked": ("Not delivered: opos stopped trying", "fail", "critical"),
    "dropped": ("Dismissed", "skip", "mute"),
}
_WHY = {"first": "First notification", "joined": "Joined a group you were notified about", "again": "Notified again"}
"""Why a notification was made, by the stored kind of its cause."""
_DONE = {"send": "It waits to be sent again. The next sweep does so, within a minute."}


def show(request: HttpRequest, context: ConsoleContext, id: str) -> Page:
    try:
        doc = _message(id, context)
    except NotFound as error:
        return absent(error, id, TODAY)
    if doc.id != id:
        return Page("", {}, location=message_path(doc.id))
    return Page(
        "notification.html", {**view(doc, context), "done": _DONE.get(request.query.get("done", ""), "")}, TODAY
    )


def send(form: Form, context: ConsoleContext, id: str) -> HttpResponse:
    """Have the next sweep send a message that was given up, as `opos retry` does."""
    doc = _message(id, context)
    if not form.is_of(doc) or not is_undelivered(doc):
        return changed_meanwhile(message_path(doc.id), context)
    context.store.commit([once_more(doc, context.now)])
    return redirect(f"{message_path(doc.id)}?done=send")


def view(doc: Doc, context: Context) -> Row:
    data, cause = doc.data, doc.data.get("cause") or {}
    words, sign, colour = _STATES.get(data["state"], (data["state"], "what", "mute"))
    is_digest = doc.path.startswith("digests/")
    about = data.get("members") or [] if is_digest else cause.get("alerts") or []
    return {
        "id": doc.id, "path": message_path(doc.id), "version": doc.version, "kind": _kind(doc),
        "words": words, "sign": sign, "colour": colour, "title": headline(data["notice"]["title"]),
        "text": data["notice"].get("text") or "", "channel": receiver_name(data), "at": at(made_at(data), context),
        "steps": list(_steps(data, context)), "is_undelivered": is_undelivered(doc),
        "content": digest_path(doc, context) if is_digest and "content" in data else "",
        "alerts": list(_alerts(about, context)), "total": cause.get("total") or len(about),
        "because": localized_reason(cause.get("because"), context), "facts": list(_facts(data, cause)),
        "events": [(event_path(event), event) for event in (cause.get("events") or [])[:LISTED]],
        "others": list(_others(data)),
    }  # fmt: skip


def _kind(doc: Doc) -> str:
    if doc.path.startswith("digests/"):
        return "Weekly review" if "review" in doc.data else "Digest"
    return "Resolved notice" if "resolves" in doc.data else "Notification"


def _steps(data: Mapping[str, Any], context: Context) -> Iterator[Row]:
    yield {"sign": "in", "colour": "soft", "words": "Created", "detail": "", "at": at(made_at(data), context)}
    attempts, receipt, fault = data["attempts"], data["receipt"], data["last_fault"]
    if fault:
        words = f"Attempt {attempts} failed" if attempts else "Not sent"
        yield {
            "sign": "fail",
            "colour": "critical",
            "words": words,
            "detail": fault.removeprefix(NOT_DELIVERED),
            "at": None,
        }
    if receipt:
        detail = f"Attempt {attempts}. The receiver answered: {receipt['detail']}" if attempts else receipt["detail"]
        yield {"sign": "send", "colour": "ok", "words": f"Delivered to {receiver_name(data)}", "detail": detail,
               "at": at(receipt["at"], context)}  # fmt: skip
    elif data["due_at"]:
        words = "The attempt ends by" if data["state"] == "sending" else "Next attempt"
        yield {"sign": "wait", "colour": "mute", "words": words, "detail": "", "at": at(data["due_at"], context)}
    if dismissed := data.get("dismissed"):
        yield {"sign": "skip", "colour": "mute", "words": "Dismissed", "detail": dismissed.get("why", ""),
               "at": at(dismissed["at"], context)}  # fmt: skip


def _alerts(ids: list[str], context: Context) -> Iterator[Row]:
    for id in ids[:LISTED]:
        alert = context.store.get(f"alerts/{id}")
        title = headline(alert.data["title"]) if alert else "no longer stored"
        state = f"{alert.data['severity']}, {alert.data['state']}" if alert else ""
        yield {"path": alert_path(id), "title": title, "state": state}


def _facts(data: Mapping[str, Any], cause: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Channel", receiver_name(data)
    if cause:
        yield "Why", f"{_WHY.get(cause['kind'], cause['kind'])}, {cause['step']}"
        yield "Route", str(cause["route"])
        yield "Cost", f"{data.get('cost') or 0:g}"
    if data.get("tried"):
        yield "Tried before", ", ".join(data["tried"])


def _others(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The messages that it has to do with."""
    paths = [
        ("The message in its place, on another channel", data.get("substitute")),
        ("The message in whose place it is", data.get("instead_of")),
        ("The message that it is a copy of", data.get("copy_of")),
        ("The notification that it says is resolved", (data.get("resolves") or {}).get("page")),
    ]
    yield from ((words, message_path(path.partition("/")[2])) for words, path in paths if path)


def _message(id: str, context: Context) -> Doc:
    return named(("outbox", "digests"), id, "message", context)
