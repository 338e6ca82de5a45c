"""The messages of one page: one for each channel, under a key of its own, with their cause and what they cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.alerting.alert import Document
from shared.alerting.focus import cost
from shared.alerting.groups import Call
from shared.alerting.page_text import text, title
from shared.context import Context
from shared.ports import Create, Doc, Write
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import intent, send

if TYPE_CHECKING:
    from shared.config.model import Config

NAMED = 400
"""Alerts that a page names: so many are written in one commit, below the 500 that Firestore is sure to take."""


def in_order(alert: Mapping[str, Any]) -> tuple[bool, str, str]:
    """What a page names first: what is critical, then what has fired longest."""
    return alert["severity"] != "critical", str(alert["first_seen"]), str(alert["id"])


def pages(call: Call, alerts: Sequence[Document], total: int, context: Context) -> Iterator[Create]:
    """The messages of one page about *alerts*, the first of *total*."""
    alerts = sorted(alerts, key=in_order)
    first, runbook = alerts[0], runbook_of(alerts[0], context.config)
    for channel, key in call.keys.items():
        content = intent(
            channel=channel,
            title=title(alerts, call.group, total, context.now),
            text=text(alerts, call, total, context.now, runbook),
            severity=first["severity"],
            link=first["link"],
            ack={"group": call.group["id"], "call": call.group["called_at"]},
            cause=_cause(call, alerts, total, runbook),
            cost=_cost(channel, context),
            now=context.now,
        )
        yield Create(f"outbox/{key}", content)


def _cause(call: Call, alerts: Sequence[Document], total: int, runbook: str) -> dict[str, Any]:
    listed = alerts[:NAMED]
    return {
        "kind": call.kind, "step": call.step.name, "route": call.group["route"], "group": call.group["id"],
        "labels": call.group["labels"], "alerts": [one["id"] for one in listed], "total": total, "runbook": runbook,
        "events": list(dict.fromkeys(one["last_event"] for one in listed)),
    }  # fmt: skip


def _cost(channel: str, context: Context) -> float:
    config = context.config
    return cost(config.channels[channel].cost, config.focus, context.now, zone=config.timezone)


def runbook_of(alert: Mapping[str, Any], config: "Config") -> str:
    """Where the operator's own runbook is, else the one that the sender names."""
    return config.runbooks.get(alert["labels"].get("alertname", "")) or str(alert.get("runbook") or "")


def send_pages(writes: Iterable[Write], versions: Mapping[str, str], context: OutboxContext) -> None:
    """Send the pages among *writes*, which were committed at *versions*: they are under this worker's lease."""
    for one in writes:
        if isinstance(one, Create) and one.path.startswith("outbox/"):
            send(Doc(one.path, dict(one.data), versions[one.path]), context)
