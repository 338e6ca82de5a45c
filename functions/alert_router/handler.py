"""Decides what becomes of each signal of an event, writes the decision down with its reason, and pages."""

from collections.abc import Iterator
from typing import Any

import structlog

from shared.alerting.decision import Decision, alert_id, decide
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import DigestDue, EventAccepted, document_id, iso
from shared.outbox import intent, send
from shared.ports import Create, Doc, Update, Write

CONSUMER = "alert_router"
_log = structlog.get_logger()


def handle(message: EventAccepted, context: Context) -> None:
    """Route one event. A message that comes again changes nothing: its event is marked in the batch of its effects."""
    marker = f"{CONSUMER}_{message.nonce}" if message.nonce else CONSUMER
    decisions, writes = _decide_all(message, context)
    handled = {"at": iso(context.now), "decisions": [one.summary() for one in decisions]}
    mark = Update(f"events/{message.id}", {"state": "handled", f"handled.{marker}": handled}, message.version)
    try:
        versions = context.store.commit([mark, *writes])
    except (Conflict, AlreadyExists) as conflict:
        _retry_unless_handled(message, marker, conflict, context)
        return
    _log.info("routed", event_id=message.id, decisions=[one.summary() for one in decisions])
    for write in writes:
        if isinstance(write, Create) and write.path.startswith("outbox/"):
            send(Doc(write.path, dict(write.data), versions[write.path]), context)
    _close_full_digest(decisions, context)


def _decide_all(message: EventAccepted, context: Context) -> tuple[list[Decision], list[Write]]:
    """The decision for each signal in turn, each seeing what the ones before it did, and the writes they need."""
    ids = [alert_id(message.source, message.id, index, signal) for index, signal in enumerate(message.signals)]
    known = _known(ids, message, context)
    state = {id: doc.data for id, doc in known.items() if doc}
    decisions: list[Decision] = []
    for id, signal in zip(ids, message.signals, strict=True):
        decision = decide(
            signal, state.get(id), id=id, source=message.source, event=message.id,
            digest=context.config.digest.channel, now=context.now,
        )  # fmt: skip
        decisions.append(decision)
        state |= {id: decision.alert} if decision.alert else {}
    pages = [_page(one.alert, context) for one in decisions if one.path == "page" and one.alert]
    return decisions, [*_alert_writes(decisions, known, state), *pages]


def _known(ids: list[str], message: EventAccepted, context: Context) -> dict[str, Doc | None]:
    """The alerts' documents. A business event is its own, so only a replay can have met it before."""
    named = {id for id, signal in zip(ids, message.signals, strict=True) if signal.kind == "alert" or message.nonce}
    return {id: context.store.get(f"alerts/{id}") if id in named else None for id in dict.fromkeys(ids)}


def _alert_writes(
    decisions: list[Decision], known: dict[str, Doc | None], state: dict[str, dict[str, Any]]
) -> Iterator[Write]:
    for id in dict.fromkeys(one.alert_id for one in decisions if one.alert):
        doc, path = known[id], f"alerts/{id}"
        yield Update(path, state[id], doc.version) if doc else Create(path, state[id])


def _page(alert: dict[str, Any], context: Context) -> Create:
    """The page of an alert's episode: the key is the episode's own, so a second page for it cannot be committed."""
    key = document_id("page", alert["id"], str(alert["episode"]), alert["first_seen"])
    content = intent(
        channel=context.config.route.channel,
        title=alert["title"],
        text=alert["summary"],
        severity=alert["severity"],
        link=alert["link"],
        ack={"alert": alert["id"], "episode": alert["episode"]},
        now=context.now,
    )
    return Create(f"outbox/{key}", content)


def _retry_unless_handled(
    message: EventAccepted, marker: str, conflict: Conflict | AlreadyExists, context: Context
) -> None:
    """Done already, or overtaken: then route again, against the version and the state of now."""
    event = context.store.get(f"events/{message.id}")
    if event is None:
        raise conflict
    if marker in event.data["handled"]:
        _log.info("already_handled", event_id=message.id, marker=marker)
        return
    if event.version == message.version:
        raise conflict
    handle(message.model_copy(update={"version": event.version}), context)


def _close_full_digest(decisions: list[Decision], context: Context) -> None:
    digest = context.config.digest
    if not any(one.path == "digest" for one in decisions):
        return
    if context.store.count("alerts", where=[("pending.channel", "==", digest.channel)]) >= digest.size:
        context.bus.publish(DigestDue(channel=digest.channel, reason="size"))
