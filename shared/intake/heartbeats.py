"""When a heartbeat is due, and the alert that it becomes when it is missed. Shared by intake and sweeper."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.events import Alert
from shared.values.cron import next_moment

if TYPE_CHECKING:
    from shared.config.model import Heartbeat


def due_at(heartbeat: "Heartbeat", last: datetime, *, zone: str) -> datetime | None:
    """When the ping after the one at *last* counts as missed; None for a heartbeat without a period."""
    if heartbeat.every:
        return last + heartbeat.every + heartbeat.grace
    if heartbeat.cron:
        return next_moment(heartbeat.cron, last, zone=heartbeat.timezone or zone) + heartbeat.grace
    return None


def alert_of(name: str, heartbeat: "Heartbeat", last_seen: str | None, *, missed: bool = True) -> Alert:
    return Alert(
        fingerprint=f"heartbeat:{name}",
        title=f"{name} did not say that it lives",
        severity=heartbeat.severity,
        status="firing" if missed else "resolved",
        summary=f"It was last heard of at {last_seen}." if last_seen else "It was never heard of.",
        labels={"alertname": "HeartbeatMissed", "heartbeat": name},
    )
