"""One signal against what is known of its alert: the alert's next document, and what it asks for.

The order in which a sender says things decides, not the order in which they are processed: a signal that is older than
what is known arrives out of order and changes no state. When the episode began decides first, then the sender's time,
then that of arrival. Equal times order nothing, so the later arrival counts. A sender's time is believed unless it is
ahead of ours. A known time ahead of ours comes from a clock that has been set back since then: it orders nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alerting.alert import (
    EPISODES,
    KEEP,
    SEVERITIES,
    AlertDoc,
    Content,
    Episode,
    content_of,
    effective_severity,
    no_progress,
    noted_in_episode,
    rank,
    resolution,
    resolved,
    state_of,
)  # fmt: skip
from shared.alerting.interruption import more_severe
from shared.alerting.state_machine import OPEN, TABLE, Effect, Input
from shared.events import Alert, BusinessEvent, Severity, iso
from shared.ports.field_paths import EXPIRY

REMEMBERED = timedelta(days=7)
"""How long opos remembers the resolve of an unknown alert: its firing may arrive that late."""
LATE_BY = timedelta(hours=1)
"""How long after a resolve the firing of an earlier episode is late. After that, its sender goes on saying it."""
AHEAD = timedelta(minutes=1)
"""A time that is further ahead of ours is not believed: for a sender's, the time of arrival counts instead."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How often an alert below critical must fire, or resolve, before that counts. Its routes set both.

    `failure` is the least number of its routes, `later` are those of its other routes.
    """

    failure: int = 1
    success: int = 1
    later: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A signal as it was received: from which source, in which event, when; and the time *now*."""

    signal: Alert
    id: str
    source: str
    event: str
    labels: Mapping[str, str]
    received_at: datetime
    now: datetime
    thresholds: Thresholds = Thresholds()

    @property
    def at(self) -> str:
        """The time that the signal is about: the sender's if it is believed, else the time of arrival."""
        at = self.signal.at
        return iso(self.received_at if at is None or self._is_ahead(at) else at)

    def is_recent(self, time: str) -> bool:
        """Whether *time* is recent enough to compare: a firing far older than a recent resolve has a wrong time."""
        return time >= iso(self.received_at - REMEMBERED)

    @property
    def began(self) -> str | None:
        began = self.signal.began
        return iso(began) if began and not self._is_ahead(began) else None

    @property
    def ended(self) -> str | None:
        """When the episode that a resolve is about had ended: at the earliest when it began."""
        ended = self.signal.ended
        return max(self.began or "", iso(ended)) if ended and not self._is_ahead(ended) else self.began

    @property
    def note(self) -> str:
        """Which of the sender's times does not count, for a person; empty if each does."""
        times = [time for time in (self.signal.at, self.signal.began) if time and self._is_ahead(time)]
        return f"; the sender's time {iso(times[0])} is ahead of its arrival and does not count" if times else ""

    def _is_ahead(self, time: datetime) -> bool:
        return time > self.received_at + AHEAD

    @property
    def content(self) -> Content:
        return content_of(self.signal, source=self.source, event=self.event)

    @property
    def severity(self) -> Severity:
        return effective_severity(self.signal.severity)


@dataclass(frozen=True, slots=True)
class Change:
    """`alert` is the whole new document; None leaves it as it was. `reason` is for a person."""

    alert: AlertDoc | None
    effect: Effect
    reason: str


def noted(
    signal: BusinessEvent, known: AlertDoc | None, *, id: str, labels: dict[str, str], event: str, now: datetime
) -> Change:
    """A business event: an alert that never fires (docs/adr/0004). Its *labels* choose its digest by a route."""
    alert: AlertDoc = {
        **content_of(signal, source=labels["source"], event=event), **no_progress(id), "labels": labels,
        "severity": "info", "state": "noted", "episode": known["episode"] + 1 if known else 1,
        "first_seen": iso(now), "last_seen": iso(now), EXPIRY: iso(now + KEEP),
    }  # fmt: skip
    return Change(alert, "notify", "business event")


def apply(received: Received, known: AlertDoc | None) -> Change:
    """What a firing or a resolve makes of the *known* document of its alert."""
    change = _applied(received, _as_of(received.now, known) if known else None)
    return replace(change, reason=change.reason + received.note)


def _as_of(now: datetime, known: AlertDoc) -> AlertDoc:
    """*known* without the times that are ahead of *now*, so that they neither order nor outlast what arrives."""
    limit = iso(now + AHEAD)
    said_at, ended_at, began = (
        time if time and time <= limit else None for time in (known["said_at"], known["ended_at"], known["began"])
    )
    return {**known, "said_at": said_at, "ended_at": ended_at, "began": began}


def _applied(received: Received, known: AlertDoc | None) -> Change:
    state = state_of(known)
    input = _input(received, known)
    to, effect = TABLE[state][input]
    if known and input == "arrives out of order":
        return _out_of_order(received, known)
    if input == "resolves":
        return _resolve(received, known, effect)
    alert = _again(received, known) if known and state in OPEN else new_episode(received, known)
    return _counted({**alert, "state": to}, received, effect)


def _input(received: Received, known: AlertDoc | None) -> Input:
    if received.signal.status == "resolved":
        return "arrives out of order" if known and _resolves_an_earlier_episode(received, known) else "resolves"
    if known is None:
        return "fires"
    if _fires_late(received, known):
        return "arrives out of order"
    is_worse = known["state"] in OPEN and rank(received.severity) > rank(known["severity"])
    return "fires, more severe" if is_worse else "fires"


def _fires_late(received: Received, known: AlertDoc) -> bool:
    if received.began and known["began"] and received.began != known["began"]:
        is_new = known["state"] in OPEN or received.began > known["began"]
        return not is_new and iso(received.received_at - LATE_BY) < (known["resolved_at"] or "")
    ended_at = known["ended_at"] or ""
    return received.at < ended_at and (received.is_recent(received.at) or not received.is_recent(ended_at))


def _resolves_an_earlier_episode(received: Received, known: AlertDoc) -> bool:
    if received.began and received.ended and known["began"]:
        if received.ended < known["began"]:
            return True
        if received.began > known["began"]:
            return False
    return is_said_before_the_last_firing(received, known)


def is_said_before_the_last_firing(received: Received, known: AlertDoc) -> bool:
    return received.at < (known["said_at"] or "")


def _again(received: Received, known: AlertDoc) -> AlertDoc:
    """An open alert that has fired again."""
    return {
        **known, **received.content, "labels": dict(received.labels),
        "severity": max(received.severity, known["severity"], key=rank), "count": known["count"] + 1, "resolves": 0,
        "last_seen": iso(received.now), "said_at": max(known["said_at"] or "", received.at),
        "began": _later(received.began, known["began"]),
    }  # fmt: skip


def _later(first: str | None, second: str | None) -> str | None:
    return max(first or "", second or "") or None


def new_episode(received: Received, before: AlertDoc | None) -> AlertDoc:
    """An alert that has begun to fire: a new episode."""
    now = iso(received.now)
    episodes: list[Episode] = [*_closed(before), {"began": now, "event": received.event}]
    return {
        **no_progress(received.id), **received.content, "state": "firing", "labels": dict(received.labels),
        "severity": received.severity, "episode": (before["episode"] if before else 0) + 1, "first_seen": now,
        "last_seen": now, "said_at": received.at, "began": received.began,
        "ended_at": before["ended_at"] if before else None, "episodes": episodes[-EPISODES:],
        "pending": before["pending"] if before else None,
    }  # fmt: skip


def _closed(before: AlertDoc | None) -> list[Episode]:
    """The earlier episodes, the last of them with the number of its changes."""
    if before is None or not before["changes"] or not before["episodes"]:
        return before["episodes"] if before else []
    return noted_in_episode(before, {"changes": before["changes"]})


def _counted(alert: AlertDoc, received: Received, effect: Effect) -> Change:
    severity, count, least = alert["severity"], alert["count"], received.thresholds.failure
    if severity != "critical" and count < least:
        return Change(alert, "count", f"firing {count} of {least} before it counts")
    if alert["asked"] and effect != "notify":
        if severity != "critical" and alert["state"] == "firing" and count in received.thresholds.later:
            return Change(alert, "notify", f"firing {count}, which counts for one more route")
        return Change(alert, "count", f"repeat {count} of an alert that is {alert['state']}")
    reason = f"more severe than before, now {severity}" if alert["asked"] else f"{severity} and new"
    if received.signal.severity not in SEVERITIES:
        reason += f" (unknown severity {received.signal.severity!r} counts as critical)"
    again = more_severe(severity) if alert["asked"] else None
    return Change({**alert, "asked": True, "until": None, "again": again, "told_on": []}, "notify", reason)


def _resolve(received: Received, known: AlertDoc | None, effect: Effect) -> Change:
    if known is None:
        return Change(_resolved_before_seen(received), effect, "resolves an alert that is not known yet")
    ended_at, began = max(known["ended_at"] or "", received.at), _later(received.began, known["began"])
    if effect != "close":
        return Change({**known, "ended_at": ended_at, "began": began}, effect, "resolves an alert that is not open")
    resolves, least = known["resolves"] + 1, received.thresholds.success
    if known["severity"] != "critical" and resolves < least:
        return Change({**known, "resolves": resolves}, "record", f"resolve {resolves} of {least} before it counts")
    held = known["held"] if not known["told_at"] else None
    reason = f"resolved before you were notified ({held['reason']})" if held else "resolved"
    return Change(
        {**resolved(known, received.now, by="sender", event=received.event), "ended_at": ended_at, "began": began},
        effect,
        reason,
    )


def _resolved_before_seen(received: Received) -> AlertDoc:
    """An alert of which nothing is known but that it has resolved."""
    now = received.now
    return {
        **received.content, **no_progress(received.id), "severity": "info", "episode": 0, "first_seen": iso(now),
        **resolution(now, by="sender"), "state": "resolved", "last_seen": iso(now), "ended_at": received.at,
        "began": received.began,
        EXPIRY: iso(now + REMEMBERED),
    }  # fmt: skip


def _out_of_order(received: Received, known: AlertDoc) -> Change:
    """A firing that has already resolved goes into the digest, unless the alert has fired before."""
    if received.signal.status == "resolved":
        reason = "resolves an earlier episode, not the open one"
        if received.at >= (known["said_at"] or ""):
            return Change(None, "record", reason)
        return Change({**known, "ended_at": max(known["ended_at"] or "", received.at)}, "record", reason)
    said_at = max(known["said_at"] or "", received.at)
    if known["episode"]:
        return Change({**known, "said_at": said_at}, "record", "fired before its last resolve, so it is resolved")
    alert: AlertDoc = {
        **known, **received.content, "said_at": said_at, "labels": dict(received.labels),
        "severity": received.severity, "episode": 1, "last_seen": iso(received.now), EXPIRY: iso(received.now + KEEP),
    }  # fmt: skip
    return Change(alert, "close", "resolved before it was processed")
