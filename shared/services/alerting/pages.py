"""The messages of one page: one for each channel, with its own idempotency key, its cause and its cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.alerting.alert import AlertDoc
from shared.alerting.decision import page_order
from shared.alerting.focus import cost
from shared.alerting.groups import Page
from shared.alerting.page_text import text, title
from shared.context import Context
from shared.ports import Create, Doc, Write
from shared.services.outbox.addressees import addressed
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import begin, intent

if TYPE_CHECKING:
    from shared.config.model import Config

NAMED = 400
"""How many alerts a page names: one commit writes them all, below the 500 writes that Firestore accepts."""


def pages(page: Page, alerts: Sequence[AlertDoc], total: int, context: Context) -> Iterator[Create]:
    """The messages of one page about *alerts*, the first of *total*."""
    alerts = sorted(alerts, key=page_order)
    first, runbook = alerts[0], runbook_of(alerts[0], context.config)
    for channel, key in page.keys.items():
        content = intent(
            channel=channel,
            title=title(alerts, page.group, total, context.now),
            text=text(alerts, page, total, context.now, runbook, zone=context.config.timezone),
            severity=first["severity"],
            link=first["link"],
            ack={"group": page.group["id"], "call": page.group["called_at"]},
            cause=_cause(page, alerts, total, runbook),
            cost=_cost(channel, context),
            now=context.now,
        )
        yield Create(f"outbox/{key}", content)


def _cause(page: Page, alerts: Sequence[AlertDoc], total: int, runbook: str) -> dict[str, Any]:
    listed = alerts[:NAMED]
    return {
        "kind": page.kind, "step": page.step.name, "route": page.group["route"], "group": page.group["id"],
        "labels": page.group["labels"], "alerts": [alert["id"] for alert in listed], "total": total, "runbook": runbook,
        "events": list(dict.fromkeys(alert["last_event"] for alert in listed)),
    }  # fmt: skip


def _cost(channel: str, context: Context) -> float:
    config = context.config
    return cost(config.channels[channel].cost, config.focus, context.now, zone=config.timezone)


def runbook_of(alert: AlertDoc, config: "Config") -> str:
    """The address of the operator's own runbook, or of the one that the sender names."""
    return config.runbooks.get(alert["labels"].get("alertname", "")) or alert.get("runbook") or ""


def send_pages(writes: Iterable[Write], versions: Mapping[str, str], context: OutboxContext) -> None:
    """Send the messages among *writes*, which were committed at *versions*, whose lease this worker has.

    All begin before this waits for any of them, so that no channel waits for another.
    """
    messages = [
        Doc(message.path, dict(message.data), versions[message.path])
        for message in writes
        if isinstance(message, Create) and message.path.startswith("outbox/") and message.data["state"] == "sending"
    ]
    attempts = [begin(own, context) for message in messages for own in addressed(message, context)]
    for attempt in attempts:
        attempt.outcome()
