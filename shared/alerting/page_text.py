"""How a page reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.alerting.alert import flaps
from shared.alerting.groups import Call

LISTED = 20
_MARK = {"critical": "!!", "warning": "!", "info": "-"}
Alert = Mapping[str, Any]


def title(alerts: Sequence[Alert], group: Mapping[str, Any], total: int, now: datetime) -> str:
    """One line: the alert's own title, or how many there are and the first of them."""
    first = alerts[0]
    times = flaps(first, now)
    flapped = f" (flapped {'once' if times == 1 else f'{times} times'} within the hour)" if times else ""
    if total == 1:
        return f"{first['title']}{flapped}"
    name = "at once" if group["flood"] else _shared_name(alerts)
    return f"{total} alerts {name}: {first['title']}{flapped}"


def text(alerts: Sequence[Alert], call: Call, total: int, now: datetime, runbook: str) -> str:
    lines = [_of_one(alerts[0])] if total == 1 else _of_many(alerts, total)
    lines += [_why(call, now)]
    lines += [f"Runbook: {runbook}" if runbook else "No runbook yet: name one under runbooks: in opos.yaml."]
    return "\n".join(line for line in lines if line)


def _of_one(alert: Alert) -> str:
    repeats = f" ({alert['count']} times since {alert['first_seen']})" if alert["count"] > 1 else ""
    return f"{alert['summary']}{repeats}".strip()


def _of_many(alerts: Sequence[Alert], total: int) -> list[str]:
    lines = [f"{_MARK[alert['severity']]} {alert['title']}" for alert in alerts[:LISTED]]
    return [*lines, f"and {total - len(lines)} more"] if total > len(lines) else lines


def _why(call: Call, now: datetime) -> str:
    """Why it is told again, where it is."""
    if call.kind == "first":
        return ""
    if call.kind == "joined":
        return "New in a group that was told before."
    minutes = int((now - datetime.fromisoformat(call.group["called_at"])).total_seconds() // 60)
    last = "" if call.step.wait else " Nobody acknowledges it, so this is the last page about it: opos gives up."
    return f"Not acknowledged for {minutes} min; {call.step.name}.{last}"


def _shared_name(alerts: Sequence[Alert]) -> str:
    names = {alert["labels"].get("alertname", "") for alert in alerts}
    return f"of {names.pop()}" if len(names) == 1 else "of one group"
