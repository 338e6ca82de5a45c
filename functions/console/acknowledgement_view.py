"""What the page of an acknowledgement link shows."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from functions.console.links import silence_path, similar_silence_path
from functions.console.rows import UNKNOWN, Row, alert_row, at
from shared.alerting.alert import as_alert
from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.acknowledgement import ack_timeout
from shared.services.alerting.pages import runbook_of
from shared.values.distinction import names
from shared.values.local_time import duration

SHOWN = 20
SNOOZES: dict[str, tuple[str, timedelta | None]] = {
    "1h": ("Snooze 1 h", timedelta(hours=1)),
    "4h": ("Snooze 4 h", timedelta(hours=4)),
    "morning": ("Snooze until 08:00", None),
}
"""The label of each button, and how long it snoozes; `morning` is 08:00 in the operator's zone."""


def acknowledgement_view(
    alerts: Sequence[Doc], labels: Mapping[str, str], path: str, context: Context, *, just_done: bool = False
) -> Row:
    """The page of a link about *alerts*, which share *labels*; *path* is the path of the link."""
    state = _state(alerts)
    shown = sorted(alerts, key=lambda doc: (doc.data.get("state") != state, str(doc.data.get("first_seen"))))[:SHOWN]
    first, rows = shown[0].data, [alert_row(doc, context) for doc in shown]
    since = first.get("resolved_at" if state == "resolved" else "acknowledged_at")
    several = len(alerts) > 1
    more, common = len(alerts) > SHOWN, _shared_labels(shown)
    narrower = {name: value for name, value in common.items() if name not in labels}
    return {
        "title": f"{len(rows)}{'+' if more else ''} alerts: {rows[0]['title']}" if several else rows[0]["title"],
        "alert": rows[0], "alerts": _named(rows, shown), "several": several, "more": more,
        "runbook": runbook_of(as_alert(first), context.config),
        "state": state, "just_done": just_done,
        "done_at": at(since, context) if since else UNKNOWN,
        "until": at(first["until"], context) if first.get("until") else UNKNOWN,
        "notifies_again": bool(first.get("calls_at")),
        "ack_timeout": duration(ack_timeout(shown[0], context)) if state == "firing" else "",
        "path": path, "snoozes": SNOOZES,
        "silence": silence_path(labels, context, narrower) or similar_silence_path(common, context),
    }  # fmt: skip


def _named(rows: Sequence[Row], alerts: Sequence[Doc]) -> list[Row]:
    """*rows* of *alerts*, each with what tells it apart from the others as its title."""
    return [{**row, "title": name} for row, name in zip(rows, names([alert.data for alert in alerts]), strict=True)]


def _shared_labels(alerts: Sequence[Doc]) -> dict[str, str]:
    """The labels that all *alerts* have with the same value: a storm has none of its own."""
    first, *others = [(doc.data.get("labels") or {}).items() for doc in alerts]
    return dict(set(first).intersection(*others))


def _state(alerts: Sequence[Doc]) -> Any:
    """The state that matters most: firing, else another open one."""
    states = ["waiting" if _is_waiting(doc) else doc.data.get("state") for doc in alerts]
    return next((state for state in ("firing", "acknowledged", "snoozed") if state in states), states[0])


def _is_waiting(doc: Doc) -> bool:
    """Whether the alert fires again and has not notified yet: there is nothing to acknowledge."""
    return doc.data.get("state") == "firing" and bool(doc.data.get("calls_at")) and not doc.data.get("told_on")
