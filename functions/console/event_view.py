"""What the page of an event shows: what happened, the facts, and what today's configuration would do with it."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from functions.console.outcomes import DECISIONS, RECORDED, outcome
from functions.console.paths import alert_path, event_path, message_path
from functions.console.payload import masked_headers, payload
from functions.console.rows import Row, at, localized_reason
from shared.context import Context
from shared.errors import OposError
from shared.events import OWN_SOURCE, Event
from shared.ports import Doc
from shared.services.alerting.event_story import Story, story
from shared.services.alerting.replay_preview import ReplayPreview
from shared.services.alerting.route_explanation import explain_event
from shared.services.intake.replay import as_named
from shared.values.local_time import as_datetime, duration
from shared.values.text import counted, headline

MOST_ALERTS = 20
"""How many alerts of an event its page reads."""
EXPLAINED = 5
_EXPECTED = re.compile(r"expected (\S+) to be (\w+), found (.+)", re.DOTALL)
_KINDS = {
    "dict": "an object",
    "list": "a list",
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
}


def event_view(doc: Doc, context: Context, *, is_shown: bool) -> Row:
    data, event = doc.data, Event.stored(doc.data)
    told = story(context.store, doc, MOST_ALERTS)
    body = payload(event, is_shown=is_shown)
    return {
        "id": doc.id, "path": event_path(doc.id), "version": doc.version, "kind": outcome(data),
        "title": headline(event.subject or event.type), "type": headline(event.type), "source": event.source,
        "at": at(data["received_at"], context), "trace": event.trace, "state": data["state"],
        "quarantine": quarantine(event.quarantine) if event.quarantine else None,
        "steps": sorted(_steps(told, doc, context), key=lambda step: step["order"]),
        "facts": list(_facts(event, data, context)),
        "payload": body, "headers": masked_headers(event.headers, is_shown=is_shown), "is_shown": is_shown,
        "alerts": [_alert(alert, context) for alert in told["alerts"]],
        "more_alerts": len(_decisions(data)) > MOST_ALERTS,
        "related": [*_related(told)],
        "is_own": event.source == OWN_SOURCE, "is_configured": event.source in context.config.sources,
    }  # fmt: skip


def quarantine(reason: str) -> Row:
    """Why an event failed validation; with `field`, `wanted` and `was` where the reason names a field."""
    match = _EXPECTED.fullmatch(reason)
    if match is None:
        return {"field": "", "reason": reason}
    kind, _, value = match[3].partition(" ")
    was = f"{_KINDS.get(kind, kind)} {value}".strip()
    return {"field": match[1], "wanted": _KINDS.get(match[2], match[2]), "was": was, "reason": reason}


def _decisions(data: Mapping[str, Any]) -> list[dict[str, str]]:
    return [decision for handled in data["handled"].values() for decision in handled["decisions"]]


def _steps(told: Story, doc: Doc, context: Context) -> Iterator[Row]:
    data = doc.data
    received = data["received_at"]

    def step(time: str, sign: str, colour: str, words: str, detail: str = "", path: str = "") -> Row:
        try:
            took = as_datetime(time) - as_datetime(received)
        except ValueError:
            took = timedelta()
        after = _length(took) if took > timedelta() else ""
        return {
            "order": time, "at": at(time, context), "after": after, "sign": sign, "colour": colour, "words": words,
            "detail": localized_reason(detail, context), "path": path,
        }  # fmt: skip

    where = "opos raised it itself" if data["source"] == OWN_SOURCE else f"POST /webhooks/{data['source']}"
    yield step(received, "in", "soft", "Received", where)
    yield step(received, "key", "ok", "Verified and stored", _verified(data, context))
    if data["republished"]["count"]:
        times = counted(data["republished"]["count"], "time")
        yield step(
            data["republished"]["at"], "undo", "warning", f"Published again, {times}", "It was not processed in time"
        )
    for consumer, handled in data["handled"].items():
        for decision in handled["decisions"][:MOST_ALERTS]:
            mark = DECISIONS.get(decision["path"], RECORDED)
            path = alert_path(decision["alert"]) if decision.get("alert") else ""
            yield step(handled["at"], mark.sign, mark.colour, mark.words, decision["reason"], path)
        if not handled["decisions"]:
            yield step(
                handled["at"], "in", "soft", RECORDED.words, f"{consumer} found no alert and no business event in it"
            )
    for message in told["messages"]:
        yield step(*_message(message))
    for letter in told["dead_letters"]:
        words = f"Failed: {letter['subscription']} did not process it in {counted(letter['attempts'], 'attempt')}"
        yield step(letter["received_at"], "fail", "critical", words, "Fix the cause, then replay")
    if dismissed := data.get("dismissed"):
        yield step(dismissed["at"], "skip", "mute", "Dismissed from the quarantine", dismissed.get("why", ""))


def _message(message: Story) -> tuple[str, str, str, str, str, str]:
    receipt, receiver, path = message["receipt"], message["receiver"], message_path(message["path"].partition("/")[2])
    title = headline(message["title"])
    if receipt:
        return receipt["at"], "send", "ok", f"Sent to {receiver}", title, path
    fault = f"{title}. {message['last_fault']}" if message["last_fault"] else title
    if message["state"] in {"failed", "parked"}:
        return message["created_at"], "fail", "critical", f"Not delivered to {receiver}", fault, path
    return message["created_at"], "wait", "warning", f"For {receiver}, {message['state']}", fault, path


def _length(took: timedelta) -> str:
    """How long after it was received: `41 ms`, `1.2 s`, `10 h 32 min`."""
    seconds = took.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else duration(took)  # noqa: PLR2004  (a tenth matters below)


def _verified(data: Mapping[str, Any], context: Context) -> str:
    source = context.config.sources.get(data["source"])
    if data["source"] == OWN_SOURCE:
        return "Its own events need no signature"
    by = f"By the scheme {source.scheme}" if source else "The source is no longer in opos.yaml"
    secret = f", with the secret {data['signed_with']}" if data.get("signed_with") else ""
    repeats = (
        f". It repeats {data['repeats'][:8]} under another delivery id" if data.get("repeats") else ". Not a duplicate"
    )
    return f"{by}{secret}{repeats}"


def _facts(event: Event, data: Mapping[str, Any], context: Context) -> Iterator[tuple[str, str]]:
    yield "Type", headline(event.type)
    yield "State", {"accepted": "not processed yet", "dead": "failed"}.get(data["state"], data["state"])
    yield "Delivery id", event.delivery_id
    if event.signed_with:
        yield "Secret", event.signed_with
    if event.subject.startswith("test mode: "):
        source = context.config.sources.get(event.source)
        yield "Test mode", "handled" if source and source.test_mode == "handle" else "noted only"
    yield "Body", f"sha256 {event.body_sha256[:12]}…"


def _alert(alert: Story, context: Context) -> Row:
    return {
        **alert,
        "path": alert_path(alert["id"]),
        "title": headline(alert["title"]),
        "at": at(alert["last_seen"], context),
    }


def _related(told: Story) -> Iterator[Row]:
    if told["repeats"]:
        yield {"id": told["repeats"], "path": event_path(told["repeats"]), "words": "the event that it repeats"}
    for id in told["same_body_as"]:
        yield {"id": id, "path": event_path(id), "words": "has the same body"}


def preview(doc: Doc, context: Context) -> Row:
    """What a replay would do, and every check that leads there, by today's configuration."""
    (would,) = ReplayPreview(context.store, context.config, context.now).replay([as_named(doc)])
    decisions = [
        {"mark": DECISIONS.get(made["path"], RECORDED), "reason": localized_reason(made["reason"], context)}
        for made in would.decisions[:MOST_ALERTS]
    ]
    return {
        "decisions": decisions, "more": max(0, len(would.decisions) - MOST_ALERTS), "changes": would.changes[:MOST_ALERTS],
        "quarantine": quarantine(would.quarantine) if would.quarantine else None, "notifies": "page" in would.paths,
        "explained": _explained(doc, context),
    }  # fmt: skip


def _explained(doc: Doc, context: Context) -> list[Row]:
    try:
        explained = explain_event(doc, context, EXPLAINED)
    except OposError:
        return []
    return [
        {
            "title": headline(alert.title), "channels": ", ".join(alert.channels), "tried": alert.tried,
            "checks": [(check.asked, localized_reason(check.answer, context), check.decides) for check in alert.reasons],
            "reason": localized_reason(alert.reason, context), "path": alert.path,
        }
        for alert in explained
    ]  # fmt: skip
