"""An alert's document: its shape, its names, and what can be asked of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.events import Alert, BusinessEvent, Severity, Signal, document_id, iso
from shared.ports.field_paths import EXPIRY

Document = dict[str, Any]
KEEP = timedelta(days=400)
"""How long what is over stays to be looked at: a year and a bit, to compare with the same season."""
EPISODES = 20
"""Of each alert the last episodes are kept: when it began, was told, was acted on, ended."""
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


def alert_id(source: str, event_id: str, index: int, signal: Signal) -> str:
    """The id of the alert's document. A business event has no trouble to name, so it is its own."""
    if isinstance(signal, BusinessEvent):
        return document_id(event_id, str(index))
    return document_id(source, signal.fingerprint)


def labels_of(signal: Alert, *, source: str, type: str) -> dict[str, str]:
    """The labels that routes see: the sender's, and `source`, which is ours: a sender's own is `exported_source`.

    Where the sender names no rule, the event's type is the `alertname`; what is of one type is not of one cause, so
    `incident` then tells each alert from the others, and keeps them from being grouped.
    """
    own = {name if name != "source" else "exported_source": value for name, value in signal.labels.items()}
    unnamed = {} if own.get("alertname") else {"alertname": type, "incident": signal.fingerprint}
    return {"severity": signal.severity, **own, **unnamed, "source": source}


def effective_severity(severity: str) -> Severity:
    """An unknown word counts as critical: it must not be missed."""
    return severity if severity in SEVERITIES else "critical"


def rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)


def flaps(alert: Mapping[str, Any], now: datetime, *, within: timedelta = timedelta(hours=1)) -> int:
    """How many episodes before the present one began within the last hour."""
    since = iso(now - within)
    return sum(one["began"] > since for one in alert["episodes"][:-1])


def noted_in_episode(alert: Mapping[str, Any], **what: str) -> list[dict[str, Any]]:
    """The alert's episodes, with *what* (told, acted, ended: moments) written into the present one."""
    *earlier, present = alert.get("episodes") or [{}]
    return [*earlier, {**present, **what}]


def empty(id: str) -> Document:
    """Everything that an alert's document holds beside what its sender says and its times."""
    return {
        "id": id, "labels": {}, "count": 1, "said_at": None, "began": None, "ended_at": None, "resolves": 0,
        "acknowledged_at": None, "acknowledged_by": None, "until": None, "resolved_at": None, "resolved_by": None,
        "pending": None, "unresolved": None, "calls_at": None, "held": None, "group": None, "inhibits": None,
        "asked": False, "told_at": None, "told_in": None, "digest": None, "episodes": [], EXPIRY: None,
    }  # fmt: skip


def said_of_it(signal: Signal, *, source: str, event: str) -> Document:
    """What its sender says of it."""
    return {
        "kind": signal.kind, "source": source, "title": signal.title, "summary": signal.summary, "link": signal.link,
        "runbook": signal.runbook if isinstance(signal, Alert) else "",
        "about": signal.about if isinstance(signal, BusinessEvent) else None,
        "money": signal.money.to_doc() if signal.money else None, "last_event": event,
    }  # fmt: skip


def pending(queue: str, now: datetime, *, reason: str = "", by: str | None = None) -> Document:
    """What an alert waits for, since when and why. By their `place` all that wait stand in order, queue by queue."""
    return {"queue": queue, "place": f"{queue}/{iso(now)}", "since": iso(now), "reason": reason, "by": by}


def over(now: datetime, *, by: str) -> Document:
    """What changes when it is over: nothing that was to come comes any more."""
    return {
        "state": "resolved", "resolved_at": iso(now), "resolved_by": by, "last_seen": iso(now), "calls_at": None,
        "until": None, "group": None, "inhibits": None, "unresolved": None, EXPIRY: iso(now + KEEP),
    }  # fmt: skip


def closed(known: Mapping[str, Any], now: datetime, *, by: str) -> Document:
    """An open alert after somebody (`sender`, or where a person acted) has said that it is over."""
    acted = {} if by == "sender" else {"acted": iso(now)}
    return {**known, **over(now, by=by), "episodes": noted_in_episode(known, ended=iso(now), **acted)}
