"""The messages of one page: one for each channel, with its own idempotency key, its cause and its cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.alerting.alert import AlertDoc
from shared.alerting.decision import page_order
from shared.alerting.focus import cost
from shared.alerting.groups import Page
from shared.alerting.page_text import reasons_now, text, title
from shared.context import Context
from shared.events import document_id
from shared.ports import Create, Doc, Update, Write
from shared.services.alerting.world import StoreWorld
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
            ack={"group": page.group["id"], "call": page.group["called_at"], "page": key},
            cause=_cause(page, alerts, total, runbook, context),
            cost=_cost(channel, context),
            now=context.now,
        )
        yield Create(f"outbox/{key}", content)


def in_turn(writes: Sequence[Write], world: StoreWorld) -> list[Write]:
    """*writes* whose commit succeeds only if no other one with pages came since *world* was read.

    The first message has the number of its commit in its id. So two commits that have counted the same notifications
    conflict, and no document is written twice for that.
    """
    first = next((write.path for write in writes if is_message(write)), None)
    path = f"outbox/{document_id('turn', str(world.turn))}" if first else ""
    return [_renamed(write, first, path, world.turn) for write in writes] if first else list(writes)


def is_message(write: Write) -> bool:
    """Whether *write* makes a message of a page, and no notice of a resolve."""
    return isinstance(write, Create) and write.path.startswith("outbox/") and "created_at" in write.data


def _renamed(write: Write, first: str, path: str, turn: int) -> Write:
    """*write* after the *first* message has moved to *path*; its group names its messages."""
    if isinstance(write, Create) and write.path == first:
        ack = {**write.data["ack"], "page": path.removeprefix("outbox/")}
        return Create(path, {**write.data, "ack": ack, "turn": turn})
    if isinstance(write, Create | Update) and write.path.startswith("groups/") and "messages" in write.data:
        messages = _replaced(write.data["messages"], first, path)
        told_on = {channel: _replaced(paths, first, path) for channel, paths in write.data["told_on"].items()}
        return write._replace(data={**write.data, "messages": messages, "told_on": told_on})
    return write


def _replaced(paths: Sequence[str], first: str, path: str) -> list[str]:
    return [path if message == first else message for message in paths]


def _cause(page: Page, alerts: Sequence[AlertDoc], total: int, runbook: str, context: Context) -> dict[str, Any]:
    listed = alerts[:NAMED]
    return {
        "kind": page.kind, "step": page.step.name, "route": page.group["route"], "group": page.group["id"],
        "labels": page.group["labels"], "alerts": [alert["id"] for alert in listed],
        "episodes": [alert["episode"] for alert in listed], "total": total, "runbook": runbook,
        "because": " ".join(reasons_now(alerts, page, context.now)),
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
        if isinstance(message, Create) and is_message(message)
    ]
    attempts = [begin(own, context) for message in messages for own in addressed(message, context)]
    for attempt in attempts:
        attempt.outcome()
