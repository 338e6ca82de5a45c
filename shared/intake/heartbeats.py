"""When a ping is due, and the alert that a missed one raises. Intake and the sweeper share this."""

from datetime import datetime
from typing import TYPE_CHECKING

from shared.events import Alert
from shared.values.cron import next_moment

if TYPE_CHECKING:
    from shared.config.model import Heartbeat


def due_at(heartbeat: "Heartbeat", last: datetime, *, zone: str) -> datetime | None:
    """When the ping after the one at *last* is missed; None for a heartbeat without a period."""
    if heartbeat.every:
        return last + heartbeat.every + heartbeat.grace
    if heartbeat.cron:
        return next_moment(heartbeat.cron, last, zone=heartbeat.timezone or zone) + heartbeat.grace
    return None


def alert_of(name: str, heartbeat: "Heartbeat", last_seen: str | None, *, missed: bool = True) -> Alert:
    return Alert(
        fingerprint=f"heartbeat:{name}",
        title=f"Heartbeat missed: {name}",
        severity=heartbeat.severity,
        status="firing" if missed else "resolved",
        summary=f"Last ping: {last_seen}." if last_seen else "No ping was ever received.",
        labels={"alertname": "HeartbeatMissed", "heartbeat": name},
    )
