"""What the page of an acknowledgement link shows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from functions.console.links import silence_path
from functions.console.rows import Row, alert_row, at
from functions.console.times import UNKNOWN
from shared.alerting.alert import as_alert
from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.acknowledgement import ack_timeout
from shared.services.alerting.pages import runbook_of
from shared.values.durations import duration_text

SHOWN = 20
SNOOZES: dict[str, tuple[str, timedelta | None]] = {
    "1h": ("Snooze 1 h", timedelta(hours=1)),
    "4h": ("Snooze 4 h", timedelta(hours=4)),
    "morning": ("Until 08:00", None),
}
"""The words of each button, and how long it snoozes; `morning` is eight on the operator's clock."""


def acting_view(
    alerts: Sequence[Doc], labels: dict[str, str], path: str, context: Context, *, just_done: bool = False
) -> Row:
    """*alerts* are those that the link is about, *labels* those that they share, *path* is the link's own."""
    state = _state(alerts)
    shown = sorted(alerts, key=lambda doc: (doc.data.get("state") != state, str(doc.data.get("first_seen"))))[:SHOWN]
    first, rows = shown[0].data, [alert_row(doc, context) for doc in shown]
    others = len(alerts) > 1
    more = "+" if len(alerts) > SHOWN else ""
    return {
        "title": f"{len(rows)}{more} alerts: {rows[0]['title']}" if others else rows[0]["title"],
        "alert": {**rows[0], "runbook": runbook_of(as_alert(first), context.config)},
        "alerts": rows, "others": others, "more": bool(more), "state": state, "path": path,
        "over": at(first.get("resolved_at" if state == "resolved" else "acknowledged_at"), context),
        "until": at(first.get("until"), context) if first.get("until") else UNKNOWN,
        "done": {"acknowledged": "Acknowledged", "snoozed": "Snoozed", "resolved": "Resolved"}.get(state, "Done"),
        "just_done": just_done, "snoozes": SNOOZES, "silence": silence_path(labels, context),
        "ack_timeout": duration_text(ack_timeout(shown[0], context)),
    }  # fmt: skip


def _state(alerts: Sequence[Doc]) -> Any:
    """The state that matters most: what fires, else what is open."""
    states = ["waiting" if _is_waiting(doc) else doc.data.get("state") for doc in alerts]
    return next((state for state in ("firing", "acknowledged", "snoozed") if state in states), states[0])


def _is_waiting(doc: Doc) -> bool:
    """Whether the alert has come back and has not been told yet: there is nothing to acknowledge in that."""
    return doc.data.get("state") == "firing" and bool(doc.data.get("calls_at"))
