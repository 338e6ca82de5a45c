"""An alert's document: its fields, its id, and what can be asked of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NotRequired, TypedDict, cast

from shared.alerting.state_machine import OPEN, State
from shared.events import Alert, BusinessEvent, Severity, Signal, document_id, iso
from shared.ports.field_paths import EXPIRY
from shared.values.text import one_line

KEEP = timedelta(days=400)
"""How long a resolved alert stays: a year and a bit, to compare with the same season."""
EPISODES = 20
"""How many episodes of an alert are kept: when each began, notified, was acted on and ended."""
HOLDS = 3
"""How many hold reasons of an episode are kept."""
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
HeldBy = Literal[
    "pause", "flapping", "interval", "silence", "inhibition", "group", "flood", "focus", "budget", "severity"
]


class EpisodeHold(TypedDict):
    """What held an alert from a time on, and why, as a sentence for a person."""

    by: HeldBy | None
    reason: str
    since: str


class Episode(TypedDict, total=False):
    """One period in which the alert fired: when it began, notified, was listed in a digest, was acted on and ended.

    `acted` is the last time that it was acted on, `first_acted` the first. `event` began it; `ended_by` says from where
    it was resolved, and `ended_event` in which event. `count` and `severity` are those at its end. `holds` are the last
    HOLDS reasons that held it. `changes` is the number of its changes, once another episode has begun. The episodes of
    earlier releases have none of these, and only the last `acted`.
    """

    began: str
    event: str
    told: str
    listed: str
    acted: str
    first_acted: str
    holds: list[EpisodeHold]
    ended: str
    ended_by: str
    ended_event: str
    count: int
    severity: Severity
    changes: int


class Pending(TypedDict):
    """The digest that an alert waits for. By `place` all that wait stand in order, queue by queue."""

    queue: str
    place: str
    since: str
    reason: str
    by: HeldBy | None


class Held(TypedDict):
    """Why an alert does not notify yet. `reached`: the places of its escalation, by route, if it has notified."""

    by: HeldBy | None
    reason: str
    since: str
    reached: NotRequired[dict[str, float]]


class Again(TypedDict):
    """Why an alert that waited notifies, as a sentence for a person, and the places that its escalation had reached.

    A place is in seconds after the start of the course of a route, by the key of the route.
    """

    why: str
    reached: dict[str, float] | None


class Content(TypedDict):
    """What the sender says about an alert."""

    kind: Literal["alert", "event"]
    source: str
    title: str
    summary: str
    link: str
    runbook: str
    about: str | None
    money: dict[str, Any] | None
    last_event: str


class Progress(TypedDict):
    """What opos keeps about an alert as it goes on. Times are ISO 8601 in UTC.

    `told_on` are the keys of the routes that have notified since the alert fired, became more severe, or stopped
    being acknowledged. If it is not empty, `calls_at` is when opos checks the routes that have not notified yet.
    `told_in` is the group that last notified about it. `open_in` is the same until it resolves, whatever holds it.
    `changes` is the number of the last change of the present episode in `alert_changes`.
    """

    id: str
    labels: dict[str, str]
    count: int
    resolves: int
    episodes: list[Episode]
    said_at: str | None
    began: str | None
    ended_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    until: str | None
    resolved_at: str | None
    resolved_by: str | None
    asked: bool
    told_at: str | None
    told_in: str | None
    open_in: str | None
    told_on: list[str]
    held: Held | None
    again: Again | None
    calls_at: str | None
    group: str | None
    inhibits: bool | None
    pending: Pending | None
    unresolved: str | None
    digest: str | None
    changes: int
    expires_at: str | None


class AlertDoc(Content, Progress):
    """The document `alerts/{id}`."""

    state: State | Literal["noted"]
    severity: Severity
    episode: int
    first_seen: str
    last_seen: str


class AlertChange(TypedDict, total=False):
    """Some fields of an alert that change together."""

    state: State | Literal["noted"]
    episodes: list[Episode]
    last_seen: str
    until: str | None
    resolved_at: str | None
    resolved_by: str | None
    calls_at: str | None
    open_in: str | None
    group: str | None
    inhibits: bool | None
    unresolved: str | None
    expires_at: str | None


def as_alert(data: Mapping[str, Any]) -> AlertDoc:
    """*data* of a document in `alerts/`, which is an alert because the router wrote it."""
    return cast("AlertDoc", data)


def state_of(alert: AlertDoc | None) -> State:
    """Where *alert* is in the state machine; a business event is not in it."""
    return alert["state"] if alert and alert["state"] != "noted" else "unknown"


def was_resolved_since(alert: AlertDoc, time: str) -> bool:
    return alert["state"] not in OPEN and (alert["resolved_at"] or "") >= time


def alert_id(source: str, event_id: str, index: int, signal: Signal) -> str:
    """The id of the alert's document. A business event has no fingerprint, so it is an alert of its own."""
    if isinstance(signal, BusinessEvent):
        return document_id(event_id, str(index))
    return document_id(source, signal.fingerprint)


def labels_of(signal: Alert, *, source: str, type: str) -> dict[str, str]:
    """The labels that routes match: the sender's and `source`, which opos sets; a sender's becomes `exported_source`.

    If the sender names no rule, the event's type is the `alertname`. Alerts of one type may have unrelated causes, so
    `incident` then keeps them from being grouped.
    """
    own = {name if name != "source" else "exported_source": value for name, value in signal.labels.items()}
    unnamed = {} if own.get("alertname") else {"alertname": type, "incident": signal.fingerprint}
    return {"severity": signal.severity, **own, **unnamed, "source": source}


def effective_severity(severity: str) -> Severity:
    """*severity*, or critical for an unknown word: nobody may miss it."""
    return severity if severity in SEVERITIES else "critical"


def rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)


def flaps(alert: AlertDoc, now: datetime, *, within: timedelta = timedelta(hours=1)) -> int:
    """How many earlier episodes began within the last hour."""
    since = iso(now - within)
    return sum(episode["began"] > since for episode in alert["episodes"][:-1])


def noted_in_episode(alert: AlertDoc, times: Episode) -> list[Episode]:
    """The alert's episodes, with *times* written into the present one."""
    *earlier, present = alert.get("episodes") or [Episode()]
    return [*earlier, {**present, **times, **_first_action(present, times)}]


def _first_action(present: Episode, times: Episode) -> Episode:
    first = present.get("first_acted") or present.get("acted") or times.get("acted")
    return {"first_acted": first} if first else {}


def with_hold(alert: AlertDoc, by: HeldBy | None, reason: str, now: datetime) -> list[Episode]:
    """The alert's episodes, with a hold in the present one, unless that reason is already its last.

    The wait of a group for its other alerts is no reason of its own.
    """
    known = (alert["episodes"] or [Episode()])[-1].get("holds", [])
    if by == "group" or (known and known[-1]["by"] == by):
        return alert["episodes"]
    hold: EpisodeHold = {"by": by, "reason": one_line(reason), "since": iso(now)}
    return noted_in_episode(alert, {"holds": [*known, hold][-HOLDS:]})


def content_of(signal: Signal, *, source: str, event: str) -> Content:
    """What the sender says in *signal*."""
    return {
        "kind": signal.kind, "source": source, "title": signal.title, "summary": signal.summary, "link": signal.link,
        "runbook": signal.runbook if isinstance(signal, Alert) else "",
        "about": signal.about if isinstance(signal, BusinessEvent) else None,
        "money": signal.money.to_doc() if signal.money else None, "last_event": event,
    }  # fmt: skip


def no_progress(id: str) -> Progress:
    """The progress of an alert of which nothing is known yet."""
    return {
        "id": id, "labels": {}, "count": 1, "said_at": None, "began": None, "ended_at": None, "resolves": 0,
        "acknowledged_at": None, "acknowledged_by": None, "until": None, "resolved_at": None, "resolved_by": None,
        "pending": None, "unresolved": None, "calls_at": None, "held": None, "again": None, "group": None,
        "inhibits": None, "asked": False, "told_at": None, "told_in": None, "open_in": None, "told_on": [],
        "digest": None, "episodes": [], "changes": 0,
        EXPIRY: None,
    }  # fmt: skip


def pending(queue: str, now: datetime, *, reason: str = "", by: HeldBy | None = None) -> Pending:
    """The entry of an alert that waits for the digest *queue* from *now* on."""
    return {"queue": queue, "place": f"{queue}/{iso(now)}", "since": iso(now), "reason": reason, "by": by}


def resolution(now: datetime, *, by: str) -> AlertChange:
    """What changes when an alert resolves: every timer is cleared."""
    return {
        "state": "resolved", "resolved_at": iso(now), "resolved_by": by, "last_seen": iso(now), "calls_at": None,
        "until": None, "group": None, "open_in": None, "inhibits": None, "unresolved": None, EXPIRY: iso(now + KEEP),
    }  # fmt: skip


def resolved(alert: AlertDoc, now: datetime, *, by: str, event: str = "") -> AlertDoc:
    """An open *alert* after its sender (`sender`, in *event*) or a person has resolved it; *by* says from where."""
    end: Episode = {"ended": iso(now), "ended_by": by, "count": alert["count"], "severity": alert["severity"]}
    more: Episode = {"ended_event": event} if by == "sender" else {"acted": iso(now)}
    return {**alert, **resolution(now, by=by), "episodes": noted_in_episode(alert, {**end, **more})}
