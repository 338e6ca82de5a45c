"""What the page of an event shows: what happened, the payload, the alerts and the facts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from functions.console.event_steps import steps
from functions.console.outcomes import outcome
from functions.console.paths import alert_path, event_path
from functions.console.payload import masked_headers, payload
from functions.console.quarantine import fault
from functions.console.rows import Row, at
from shared.context import Context
from shared.events import OWN_SOURCE, Event
from shared.ports import Doc
from shared.services.alerting.event_story import Story, story
from shared.values.masking import without_secrets
from shared.values.text import headline

_HEX = re.compile(r"[0-9a-f]*")
"""A delivery id that is a hash of the body, or made by opos: a secret in other texts, but not here."""
MOST_ALERTS = 20
"""How many alerts of an event its page reads."""


def event_view(doc: Doc, context: Context, *, is_shown: bool) -> Row:
    data, event = doc.data, Event.stored(doc.data)
    told = story(context.store, doc, MOST_ALERTS)
    body = payload(event, is_shown=is_shown)
    return {
        "id": doc.id, "path": event_path(doc.id), "version": doc.version, "kind": outcome(data),
        "title": _title(event.subject or event.type), "type": _title(event.type), "source": event.source,
        "at": at(data["received_at"], context), "trace": event.trace, "state": data["state"],
        "quarantine": fault(event.quarantine) if event.quarantine else None,
        "steps": steps(told, data, context),
        "facts": list(_facts(event, data, context)),
        "payload": body, "headers": masked_headers(event.headers, is_shown=is_shown), "is_shown": is_shown,
        "alerts": [_alert(alert, context) for alert in told["alerts"]],
        "more_alerts": len(_decisions(data)) > MOST_ALERTS,
        "related": [*_related(told)],
        "is_own": event.source == OWN_SOURCE, "is_configured": event.source in context.config.sources,
    }  # fmt: skip


def _title(text: str) -> str:
    """*text* on one line. It may name a person, as the notification does, but shows no token."""
    return headline(without_secrets(text))


def _decisions(data: Mapping[str, Any]) -> list[dict[str, str]]:
    return [decision for handled in data["handled"].values() for decision in handled["decisions"]]


def _facts(event: Event, data: Mapping[str, Any], context: Context) -> Iterator[tuple[str, str]]:
    yield "Type", _title(event.type)
    yield "State", {"accepted": "not processed yet", "dead": "failed"}.get(data["state"], data["state"])
    yield "Delivery id", event.delivery_id if _HEX.fullmatch(event.delivery_id) else without_secrets(event.delivery_id)
    if event.signed_with:
        yield "Secret", event.signed_with
    if event.subject.startswith("test mode: "):
        source = context.config.sources.get(event.source)
        yield "Test mode", "handled" if source and source.test_mode == "handle" else "noted only"
    yield "Body", f"sha256 {event.body_sha256[:12]}…"


def _alert(alert: Story, context: Context) -> Row:
    queue = (alert["pending"] or {}).get("queue", "")
    waits = f"waits for the digest{'' if queue == 'digest' else f' {queue}'}" if queue else ""
    count = f"{alert['count']} times" if alert["count"] > 1 else ""
    more = ", ".join(filter(None, (alert["severity"], alert["state"], count, waits)))
    return {
        "path": alert_path(alert["id"]), "title": _title(alert["title"]), "more": more,
        "at": at(alert["last_seen"], context),
    }  # fmt: skip


def _related(told: Story) -> Iterator[Row]:
    if told["repeats"]:
        yield {"id": told["repeats"], "path": event_path(told["repeats"]), "words": "the event that it repeats"}
    for id in told["same_body_as"]:
        yield {"id": id, "path": event_path(id), "words": "has the same body"}
