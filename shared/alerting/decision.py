"""One signal against what is known of its alert: page now, wait for the digest, or only write it down; and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.events import Alert, BusinessEvent, EventAccepted, Queue, Severity, Signal, document_id, iso
from shared.fields import EXPIRY

Path = Literal["page", "burst", "digest", "record"]
_KNOWN: frozenset[str] = frozenset(Severity.__args__)  # type: ignore[attr-defined]
_OPEN = frozenset({"firing", "acknowledged"})
KEEP = timedelta(days=400)
"""How long what is over stays to be looked at: a year and a bit, to compare with the same season."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`alert` is the alert's whole new document; None leaves it as it was. `reason` is for a person."""

    alert_id: str
    path: Path
    reason: str
    alert: dict[str, Any] | None = None

    def summary(self) -> dict[str, str]:
        return {"alert": self.alert_id, "path": self.path, "reason": self.reason}


def alert_id(source: str, event_id: str, index: int, signal: Signal) -> str:
    """The id of the alert's document. A business event has no trouble to name, so it is its own."""
    if isinstance(signal, BusinessEvent):
        return document_id(event_id, str(index))
    return document_id(source, signal.fingerprint)


def with_alert_ids(message: EventAccepted) -> list[tuple[str, Signal]]:
    """The signals of *message*, each with the id of its alert."""
    return [
        (alert_id(message.source, message.id, index, signal), signal) for index, signal in enumerate(message.signals)
    ]


def effective_severity(severity: str) -> Severity:
    """An unknown word counts as critical: it must not be missed."""
    return severity if severity in _KNOWN else "critical"  # type: ignore[return-value]


def decide_all(
    signals: Sequence[tuple[str, Signal]], known: Mapping[str, Mapping[str, Any]], *, source: str, event: str,
    now: datetime, pages_left: int,
) -> list[Decision]:  # fmt: skip
    """The decision for each of *signals* (each with its alert's id) in turn, seeing what the ones before it did.

    When no pages are left, what would page waits for the page that all of a flood share.
    """
    state, decisions = dict(known), list[Decision]()
    for id, signal in signals:
        decision = decide(signal, state.get(id), id=id, source=source, event=event, now=now)
        if decision.path == "page" and decision.alert:
            decision = decision if pages_left > 0 else _share(decision, decision.alert, now)
            pages_left -= 1
        decisions.append(decision)
        state |= {id: decision.alert} if decision.alert else {}
    return decisions


def _share(page: Decision, alert: dict[str, Any], now: datetime) -> Decision:
    reason = f"{page.reason}; many pages went out within a minute, so it shares the next one"
    return replace(page, path="burst", reason=reason, alert=_pending({**alert, "pending": None}, "burst", now))


def decide(
    signal: Signal, known: Mapping[str, Any] | None, *, id: str, source: str, event: str, now: datetime
) -> Decision:
    """What becomes of *signal*, given the document *known* of its alert."""
    if isinstance(signal, BusinessEvent):
        document = _document(signal, None, id=id, source=source, event=event, now=now)
        return Decision(id, "digest", "business event", _pending(document, "digest", now))
    was_open = known is not None and known["state"] in _OPEN
    if signal.status == "resolved":
        return _resolve(known if was_open else None, id=id, now=now)
    if signal.status == "acknowledged":
        return _acknowledge(known if was_open else None, id=id, now=now)
    document = _document(signal, known, id=id, source=source, event=event, now=now)
    return _fire(signal, document, known if was_open else None, now=now)


def _fire(signal: Alert, document: dict[str, Any], firing: Mapping[str, Any] | None, *, now: datetime) -> Decision:
    alert, severity = document["id"], document["severity"]
    said = "" if signal.severity in _KNOWN else f" (severity {signal.severity!r} is unknown, so it counts as critical)"
    if firing is None and severity == "critical":
        return Decision(alert, "page", f"critical and new{said}", document)
    if firing is None:
        return Decision(alert, "digest", f"{severity}, waits for the digest", _pending(document, "digest", now))
    if severity == "critical" and firing["severity"] != "critical":
        return Decision(alert, "page", f"was {firing['severity']}, now critical{said}", {**document, "pending": None})
    return Decision(alert, "record", f"repeat {document['count']} of an alert that is {firing['state']}", document)


def _resolve(firing: Mapping[str, Any] | None, *, id: str, now: datetime) -> Decision:
    if firing is None:
        return Decision(id, "record", "resolves an alert that is not open")
    over = {"state": "resolved", "last_seen": iso(now), "resolved_at": iso(now), EXPIRY: iso(now + KEEP)}
    return Decision(id, "digest", "resolved", _pending({**firing, **over}, "digest", now))


def _acknowledge(firing: Mapping[str, Any] | None, *, id: str, now: datetime) -> Decision:
    if firing is None:
        return Decision(id, "record", "acknowledges an alert that is not open")
    return Decision(id, "record", "acknowledged by its sender", {**firing, **acknowledged(now, by="sender")})


def acknowledged(now: datetime, *, by: Literal["sender", "link"]) -> dict[str, Any]:
    """The fields of an alert that an acknowledgement changes."""
    return {"state": "acknowledged", "acknowledged_at": iso(now), "acknowledged_by": by}


def _document(
    signal: Signal, known: Mapping[str, Any] | None, *, id: str, source: str, event: str, now: datetime
) -> dict[str, Any]:
    """The alert after *signal* has fired: a repeat of an open one, or a new episode."""
    repeat = known if known is not None and known["state"] in _OPEN else None
    severity = effective_severity(signal.severity) if isinstance(signal, Alert) else "info"
    return {
        "id": id,
        "kind": signal.kind,
        "source": source,
        "title": signal.title,
        "summary": signal.summary,
        "link": signal.link,
        "labels": dict(signal.labels) if isinstance(signal, Alert) else {},
        "money": signal.money.to_doc() if signal.money else None,
        "severity": _louder(severity, repeat["severity"]) if repeat else severity,
        "state": repeat["state"] if repeat else ("firing" if isinstance(signal, Alert) else "noted"),
        "episode": repeat["episode"] if repeat else (known["episode"] + 1 if known else 1),
        "count": repeat["count"] + 1 if repeat else 1,
        "first_seen": repeat["first_seen"] if repeat else iso(now),
        "last_seen": iso(now),
        "acknowledged_at": repeat["acknowledged_at"] if repeat else None,
        "acknowledged_by": repeat["acknowledged_by"] if repeat else None,
        "resolved_at": None,
        "pending": repeat["pending"] if repeat else None,
        "last_event": event,
        EXPIRY: None if isinstance(signal, Alert) else iso(now + KEEP),
    }


def _pending(document: dict[str, Any], queue: Queue, now: datetime) -> dict[str, Any]:
    """*document* waiting in *queue*; one that waits already keeps its place."""
    return {**document, "pending": document.get("pending") or {"queue": queue, "since": iso(now)}}


def _louder(one: Severity, other: Severity) -> Severity:
    order: tuple[Severity, ...] = ("info", "warning", "critical")
    return max(one, other, key=order.index)
