"""The title and the text of a page."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.alerting.alert import AlertDoc, flaps
from shared.alerting.groups import GroupDoc, Page
from shared.alerting.interruption import reasons
from shared.values.distinction import names
from shared.values.links import LONGEST_LINK
from shared.values.local_time import local_time, localized
from shared.values.text import headline, one_line

LISTED = 20
SUMMARY = 2000
_MARK = {"critical": "!!", "warning": "!", "info": "-"}


def title(alerts: Sequence[AlertDoc], group: GroupDoc, total: int, now: datetime) -> str:
    """One line: the alert's own title, or the number of alerts and the title of the first."""
    first = headline(alerts[0]["title"])
    times = flaps(alerts[0], now)
    flapping = f" (fired {times + 1} times in an hour)" if times else ""
    if total == 1:
        return f"{first}{flapping}"
    name = "" if group["flood"] else _shared_name(alerts)
    together = "at once" if group["flood"] else f"of {name}" if name else "in one group"
    return f"{total} alerts {together}: {first.removeprefix(f'{name}: ')}{flapping}"


def text(alerts: Sequence[AlertDoc], page: Page, total: int, now: datetime, runbook: str, *, zone: str) -> str:
    """What the page says below its title. Times are in *zone*."""
    lines = [_summary(alerts[0], now, zone)] if total == 1 else _list(alerts, total)
    lines += [localized(why, ZoneInfo(zone), now) for why in reasons_now(alerts, page, now)]
    named = one_line(runbook, LONGEST_LINK)
    lines += [f"Runbook: {named}" if named else ""]
    return "\n".join(line for line in lines if line)


def _summary(alert: AlertDoc, now: datetime, zone: str) -> str:
    since = local_time(alert["first_seen"], ZoneInfo(zone), now)
    repeats = f" ({alert['count']} times since {since})" if alert["count"] > 1 else ""
    return f"{one_line(alert['summary'], SUMMARY)}{repeats}".strip()


def _list(alerts: Sequence[AlertDoc], total: int) -> list[str]:
    named = zip(alerts[:LISTED], names(alerts), strict=False)
    lines = [f"{_MARK[alert['severity']]} {name}" for alert, name in named]
    return [*lines, f"and {total - len(lines)} more"] if total > len(lines) else lines


def reasons_now(alerts: Iterable[AlertDoc], page: Page, now: datetime) -> list[str]:
    """Why the page comes now, in sentences with times as they are stored; none for what has just begun."""
    if page.kind == "joined":
        return reasons(alerts, new="New in a group that you were notified about.")
    if page.kind == "first" or not page.group["called_at"]:
        return reasons(alerts, new="")
    minutes = int((now - datetime.fromisoformat(page.group["called_at"])).total_seconds() // 60)
    last = " This is the last notification about it: the escalation ends here." if page.step.is_last else ""
    return [f"Not acknowledged for {minutes} min; {page.step.name}.{last}"]


def _shared_name(alerts: Sequence[AlertDoc]) -> str:
    """The rule of *alerts*; empty if they have several."""
    rules = {alert["labels"].get("alertname", "") for alert in alerts}
    return one_line(rules.pop()) if len(rules) == 1 else ""
