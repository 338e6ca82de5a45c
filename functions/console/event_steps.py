"""What happened with an event, step by step, the oldest first."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from functions.console.outcomes import DECISIONS, RECORDED
from functions.console.paths import alert_path, message_path
from functions.console.rows import Row, at, localized_reason
from shared.context import Context
from shared.errors import NOT_DELIVERED
from shared.events import OWN_SOURCE
from shared.services.alerting.event_story import Story
from shared.services.outbox.resending import UNDELIVERED
from shared.values.local_time import as_datetime, duration
from shared.values.masking import without_secrets
from shared.values.text import counted, headline

MOST = 20
"""How many decisions are shown, at most."""
_SHORT = 10
"""Seconds below which tenths matter."""


class Step(NamedTuple):
    time: str
    sign: str
    colour: str
    words: str
    detail: str = ""
    path: str = ""


def steps(told: Story, data: Mapping[str, Any], context: Context) -> list[Row]:
    """The steps of the event in *data*, whose story is *told*, each with how long after the first it came."""
    received = data["received_at"]
    known = [*_received(data, context), *_processed(data), *_sent(told), *_failed(told, data)]
    ordered = sorted(known, key=lambda step: max(step.time, received))
    return [_row(step, received, context) for step in ordered]


def _row(step: Step, received: str, context: Context) -> Row:
    took = as_datetime(step.time) - as_datetime(received)
    after = _length(took) if took > timedelta() else ""
    words = {
        "detail": without_secrets(localized_reason(step.detail, context)),
        "after": after,
        "at": at(step.time, context),
    }
    return {**step._asdict(), **words}


def _received(data: Mapping[str, Any], context: Context) -> Iterator[Step]:
    is_own, time = data["source"] == OWN_SOURCE, data["received_at"]
    where = "opos raised it itself" if is_own else f"POST /webhooks/{data['source']}"
    yield Step(time, "in", "soft", "Received", where)
    yield Step(time, "key", "ok", "Verified and stored", "" if is_own else _verified(data, context))
    if count := data["republished"]["count"]:
        words = f"Published again, {counted(count, 'time')}"
        yield Step(data["republished"]["at"], "undo", "warning", words, "Nothing had processed it in time")


def _verified(data: Mapping[str, Any], context: Context) -> str:
    source = context.config.sources.get(data["source"])
    by = f"By the scheme {source.scheme}" if source else "The source is no longer in opos.yaml"
    secret = f", with the secret {data['signed_with']}" if data.get("signed_with") else ""
    repeats = (
        f"It repeats {data['repeats'][:8]} under another delivery id" if data.get("repeats") else "Not a duplicate"
    )
    return f"{by}{secret}. {repeats}"


def _processed(data: Mapping[str, Any]) -> Iterator[Step]:
    for consumer, handled in data["handled"].items():
        for decision in handled["decisions"][:MOST]:
            mark = DECISIONS.get(decision["path"], RECORDED)
            path = alert_path(decision["alert"]) if decision.get("alert") else ""
            yield Step(handled["at"], mark.sign, mark.colour, mark.words, decision["reason"], path)
        if not handled["decisions"]:
            detail = f"{consumer} read no alert and no business event in it"
            yield Step(handled["at"], RECORDED.sign, RECORDED.colour, RECORDED.words, detail)


def _sent(told: Story) -> Iterator[Step]:
    for message in told["messages"]:
        receipt, receiver = message["receipt"], message["receiver"]
        title, path = headline(message["title"]), message_path(message["path"].partition("/")[2])
        fault = ": ".join(filter(None, (title, (message["last_fault"] or "").removeprefix(NOT_DELIVERED))))
        if receipt:
            yield Step(receipt["at"], "send", "ok", f"Delivered to {receiver}", title, path)
        elif message["state"] in UNDELIVERED:
            yield Step(message["created_at"], "fail", "critical", f"Not delivered to {receiver}", fault, path)
        else:
            yield Step(message["created_at"], "wait", "warning", f"For {receiver}, {message['state']}", fault, path)


def _failed(told: Story, data: Mapping[str, Any]) -> Iterator[Step]:
    for letter in told["dead_letters"]:
        words = f"Failed: {letter['subscription']} did not process it in {counted(letter['attempts'], 'attempt')}"
        remedy = "Fix the cause, then replay"
        if letter["faults"]:
            words = f"It does not fit your records: {', '.join(letter['faults'])}"
            remedy = "Fix opos.yaml or company/, then replay"
        yield Step(letter["received_at"], "fail", "critical", words, remedy)
    if forgotten_at := data.get("forgotten_at"):
        yield Step(forgotten_at, "skip", "mute", "Forgotten", "What it said went with the person whom it was about")
    if dismissed := data.get("dismissed"):
        yield Step(dismissed["at"], "skip", "mute", "Dismissed from the quarantine", dismissed.get("why", ""))


def _length(took: timedelta) -> str:
    """How long after it was received: `41 ms`, `1.2 s`, `10 h 32 min`."""
    seconds = took.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < _SHORT else duration(took)
