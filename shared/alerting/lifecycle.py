"""One signal against what is known of its alert: the alert's next document, and what it wants.

The order in which a sender says things decides, not the order in which they are handled: what is said before what is
known already is late, and changes no state. A sender's time is believed unless it lies ahead of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.alerting.alert import (
    EPISODES,
    KEEP,
    SEVERITIES,
    Document,
    closed,
    effective_severity,
    empty,
    over,
    rank,
    said_of_it,
)  # fmt: skip
from shared.alerting.state_machine import OPEN, TABLE, Effect, Happening, State
from shared.events import Alert, BusinessEvent, iso
from shared.ports.field_paths import EXPIRY

REMEMBERED = timedelta(days=7)
"""How long it is known that an alert was over that had never been seen: so late may its firing come."""
AHEAD = timedelta(minutes=1)
"""A sender's clock that is further ahead of ours is not believed: the time of arrival counts instead."""
Known = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an alert's route says, below critical: how often it must fire, or resolve, before that counts."""

    failure_threshold: int = 1
    success_threshold: int = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """A signal as it was heard: from which source, in which event, received when, and what the moment is now."""

    signal: Alert
    id: str
    source: str
    event: str
    labels: Mapping[str, str]
    received_at: datetime
    now: datetime
    terms: Terms = Terms()

    @property
    def at(self) -> str:
        """The moment for which it speaks."""
        at = self.signal.at
        return iso(at if at is not None and at <= self.received_at + AHEAD else self.received_at)

    @property
    def began(self) -> str | None:
        return iso(self.signal.began) if self.signal.began else None

    @property
    def content(self) -> Document:
        return said_of_it(self.signal, source=self.source, event=self.event)

    @property
    def severity(self) -> str:
        return effective_severity(self.signal.severity)


@dataclass(frozen=True, slots=True)
class Change:
    """`alert` is the whole new document; None leaves it as it was. `reason` is for a person."""

    alert: Document | None
    effect: Effect
    reason: str


def noted(
    signal: BusinessEvent, known: Known | None, *, id: str, labels: dict[str, str], event: str, now: datetime
) -> Change:
    """A business event: an alert that never fires (docs/adr/0004). By its *labels* a route may choose its digest."""
    fresh = {**said_of_it(signal, source=labels["source"], event=event), **empty(id), "labels": labels}
    fresh |= {
        "severity": "info",
        "state": "noted",
        "episode": known["episode"] + 1 if known else 1,
        "first_seen": iso(now),
        "last_seen": iso(now),
    }
    return Change({**fresh, EXPIRY: iso(now + KEEP)}, "tell", "business event")


def hear(heard: Heard, known: Known | None) -> Change:
    """What a firing or a resolve makes of the document *known* of its alert."""
    known = {**empty(heard.id), **known} if known else None
    state: State = known["state"] if known else "unknown"
    happening = _happening(heard, known)
    to, effect = TABLE[state][happening]
    if known and happening == "speaks late":
        return _late(heard, known)
    if happening == "resolves":
        return _resolves(heard, known, effect)
    alert = _once_more(heard, known) if known and state in OPEN else _anew(heard, known or {})
    return _tell_or_count({**alert, "state": to}, heard, effect)


def _happening(heard: Heard, known: Known | None) -> Happening:
    if heard.signal.status == "resolved":
        return "speaks late" if known and _resolves_an_earlier_one(heard, known) else "resolves"
    if known and heard.at < (known["ended_at"] or ""):
        return "speaks late"
    louder = known and known["state"] in OPEN and rank(effective_severity(heard.severity)) > rank(known["severity"])
    return "fires louder" if louder else "fires"


def _resolves_an_earlier_one(heard: Heard, known: Known) -> bool:
    began = heard.began and known["began"] and heard.began < known["began"]
    return bool(began) or heard.at < (known["said_at"] or "")


def _once_more(heard: Heard, known: Known) -> Document:
    """An open alert that has fired again."""
    louder = max(heard.severity, known["severity"], key=rank)
    again = {"labels": dict(heard.labels), "severity": louder, "count": known["count"] + 1, "resolves": 0}
    times = {"last_seen": iso(heard.now), "said_at": max(known["said_at"] or "", heard.at)}
    return {**known, **heard.content, **again, **times, "began": heard.began or known["began"]}


def _anew(heard: Heard, before: Known) -> Document:
    """An alert that has begun to fire: a new episode."""
    now, episodes = iso(heard.now), [*before.get("episodes", []), {"began": iso(heard.now)}]
    fresh = {"labels": dict(heard.labels), "severity": heard.severity, "episode": before.get("episode", 0) + 1}
    times = {"first_seen": now, "last_seen": now, "said_at": heard.at, "began": heard.began}
    kept = {"ended_at": before.get("ended_at"), "episodes": episodes[-EPISODES:], "pending": before.get("pending")}
    return {**empty(heard.id), **heard.content, **fresh, **times, **kept}


def _tell_or_count(alert: Document, heard: Heard, effect: Effect) -> Change:
    severity, count, least = alert["severity"], alert["count"], heard.terms.failure_threshold
    if severity != "critical" and count < least:
        return Change(alert, "count", f"firing {count} of the {least} before it is told")
    if alert["asked"] and effect != "tell":
        return Change(alert, "count", f"repeat {count} of an alert that is {alert['state']}")
    said = f"louder than before, now {severity}" if alert["asked"] else f"{severity} and new"
    known = heard.signal.severity in SEVERITIES
    said += "" if known else f" (severity {heard.signal.severity!r} is unknown, so it counts as critical)"
    return Change({**alert, "asked": True, "until": None}, "tell", said)


def _resolves(heard: Heard, known: Known | None, effect: Effect) -> Change:
    if known is None:
        return Change(_gone(heard), effect, "resolves an alert that is not known; should it fire late, that is over")
    ended = {"ended_at": max(known["ended_at"] or "", heard.at)}
    if effect != "close":
        return Change({**known, **ended}, effect, "resolves an alert that is not open")
    resolves, least = known["resolves"] + 1, heard.terms.success_threshold
    if known["severity"] != "critical" and resolves < least:
        return Change({**known, "resolves": resolves}, "record", f"resolve {resolves} of the {least} before it is over")
    held = known["held"] if not known["told_at"] else None
    reason = f"resolved before it was told ({held['reason']})" if held else "resolved"
    return Change({**closed(known, heard.now, by="sender"), **ended}, effect, reason)


def _gone(heard: Heard) -> Document:
    """An alert of which nothing is known but that it is over."""
    now = heard.now
    times = {"first_seen": iso(now), "ended_at": heard.at, EXPIRY: iso(now + REMEMBERED)}
    return {**heard.content, **empty(heard.id), "severity": "info", "episode": 0, **over(now, by="sender"), **times}


def _late(heard: Heard, known: Known) -> Change:
    """A firing that is over already is told in the digest, unless its alert was ever told; a late resolve is not."""
    if heard.signal.status == "resolved":
        reason = "resolves an earlier episode than the one that is open"
        if heard.at >= known["said_at"]:
            return Change(None, "record", reason)
        return Change({**known, "ended_at": max(known["ended_at"] or "", heard.at)}, "record", reason)
    said_at = {"said_at": max(known["said_at"] or "", heard.at)}
    if known["episode"]:
        return Change({**known, **said_at}, "record", "fired before its last resolve: over already")
    first = {"labels": dict(heard.labels), "severity": heard.severity, "episode": 1, "last_seen": iso(heard.now)}
    alert = {**known, **heard.content, **said_at, **first, EXPIRY: iso(heard.now + KEEP)}
    return Change(alert, "close", "had resolved before it could be handled")
