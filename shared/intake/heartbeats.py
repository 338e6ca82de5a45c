"""When a heartbeat is due, and the alert "Heartbeat missed"."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shared.events import Alert
from shared.values.cron import next_moment
from shared.values.local_time import age, local_time

if TYPE_CHECKING:
    from shared.config.model import Heartbeat


def due_at(heartbeat: "Heartbeat", last: datetime, *, zone: str) -> datetime | None:
    """When the ping after the one at *last* counts as missed; None for a heartbeat without a schedule."""
    if heartbeat.every:
        return last + heartbeat.every + heartbeat.grace
    if heartbeat.cron:
        return next_moment(heartbeat.cron, last, zone=heartbeat.timezone or zone) + heartbeat.grace
    return None


def is_scheduled(due: str, heartbeat: "Heartbeat", zone: str) -> bool:
    """Whether a ping may count as missed at *due*, an ISO 8601 time. Without a cron line, any time fits."""
    if heartbeat.every or not heartbeat.cron:
        return True
    moment = datetime.fromisoformat(due) - heartbeat.grace
    return next_moment(heartbeat.cron, moment - timedelta(seconds=1), zone=heartbeat.timezone or zone) == moment


def missed_alert(name: str, heartbeat: "Heartbeat", last_ping: str | None, *, now: datetime, zone: str) -> Alert:
    """The alert that fires at *now*; *last_ping* is the time of the last ping, shown in *zone*."""
    summary = f"The last ping arrived {age(last_ping, now)}." if last_ping else "No ping has ever arrived."
    return Alert(
        fingerprint=f"heartbeat:{name}",
        title=f"Heartbeat missed: {name} ({_last_ping(last_ping, now, zone)})",
        severity=heartbeat.severity,
        summary=summary,
        labels={"alertname": "HeartbeatMissed", "heartbeat": name},
    )


def pinged_alert(name: str, heartbeat: "Heartbeat", last_ping: str | None, *, now: datetime, zone: str) -> Alert:
    """The same alert, resolved by a ping at *now*; *last_ping* is the time of the ping before."""
    missed = missed_alert(name, heartbeat, last_ping, now=now, zone=zone)
    summary = f"The job pinged again at {local_time(now, ZoneInfo(zone), now)}."
    return missed.model_copy(update={"status": "resolved", "summary": summary})


def _last_ping(last_ping: str | None, now: datetime, zone: str) -> str:
    return f"last ping {local_time(last_ping, ZoneInfo(zone), now)}" if last_ping else "no ping yet"
