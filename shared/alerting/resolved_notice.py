"""The resolved notice: it says, where a notification went, that all alerts of its group have resolved.

It is quiet, so it neither counts as an interruption nor repeats, and no hold reason but a focus block delays it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from shared.alerting.alert import AlertDoc, flaps
from shared.alerting.escalation import Escalation
from shared.alerting.hold_reasons import FLAPPING, STEADY
from shared.alerting.places import courses_of
from shared.alerting.routes import Node
from shared.ports import Doc
from shared.values.local_time import duration, local_time
from shared.values.text import headline

LATE = timedelta(minutes=6)
"""How long a notice waits for the outcome of its page: longer than a call to a channel may take."""
LISTED = 5
Fate = Literal["go", "wait", "drop"]


def leading(channel: str, routes: Iterable[Node], escalations: Mapping[str, Escalation]) -> list[Node]:
    """Those of *routes* that lead to *channel*, at once or by a level of their escalation."""
    nodes = list(routes)
    courses = courses_of(nodes, escalations)
    return [node for node in nodes if any(channel in stage.channels for stage in courses[node.key])]


def followed(pages: Iterable[Doc], name: Any) -> list[Doc]:
    """Of *pages* on one channel, oldest first, those that a notice follows: one for each addressee, by its *name*.

    It is the last that the addressee has, or else the last that it may still get.
    """
    last: dict[str, Doc] = {}
    for page in pages:
        key, state = name(page.data), page.data["state"]
        if state == "sent" or (state in {"pending", "sending"} and not _has(last.get(key))):
            last[key] = page
    return list(last.values())


def _has(page: Doc | None) -> bool:
    return page is not None and page.data["state"] == "sent"


def is_pointless(page: Mapping[str, Any], now: datetime) -> bool:
    """Whether *page*, whose alerts have resolved, still waits for an attempt, so that it can be cancelled."""
    waits = page["state"] == "pending"
    return waits or (page["state"] == "sending" and datetime.fromisoformat(page["due_at"]) <= now)


def fate(page: Mapping[str, Any] | None, made_at: datetime, now: datetime) -> Fate:
    """What becomes of the notice, made at *made_at*, for *page*: it goes only to those who have the page.

    A worker that stopped during an attempt may have delivered the page, so that its notice goes too.
    """
    state = page["state"] if page else "failed"
    may_have_it = bool(page) and state == "dropped" and (page or {})["dismissed"].get("was") == "sending"
    if state == "sent" or may_have_it:
        return "go"
    return "wait" if state in {"pending", "sending", "dropped"} and now < made_at + LATE else "drop"


def due(alert: AlertDoc, now: datetime) -> datetime:
    """When the notice about *alert* may go: later if the alert flaps, because it will probably fire again."""
    return now + STEADY if flaps(alert, now) >= FLAPPING else now


def title(alert: AlertDoc, pages: Iterable[Mapping[str, Any]]) -> str:
    others = " and the other alerts of its group" if _others(alert, pages) else ""
    return f"Resolved: {headline(alert['title'])}{others}"


def text(alert: AlertDoc, pages: Sequence[Mapping[str, Any]], now: datetime, *, zone: str) -> str:
    """Who resolved *alert*, the last of its group, and when; and what *pages* were about. Times are in *zone*."""
    began, end = (local_time(time, ZoneInfo(zone), now) for time in (alert["first_seen"], now))
    length = duration(now - datetime.fromisoformat(alert["first_seen"]))
    line = f"{_who(alert['resolved_by'] or '')} resolved it. It fired for {length}, from {began} to {end}."
    if not _others(alert, pages):
        return line
    titles = dict.fromkeys(headline(page["notice"]["title"]) for page in pages)
    return "\n".join([line, "You were notified about:", *(f"- {title}" for title in [*titles][-LISTED:])])


def _others(alert: AlertDoc, pages: Iterable[Mapping[str, Any]]) -> bool:
    """Whether *pages* named other alerts than *alert*."""
    return any(id != alert["id"] for page in pages for id in (page["cause"] or {}).get("alerts", ()))


def _who(by: str) -> str:
    return {"sender": "Its sender", "link": "You", "console": "You", "cli": "You"}.get(by, by)
