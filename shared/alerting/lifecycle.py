"""One signal, or one act of a person, against what is known of its alert: the alert's next document, and what it wants.

The order in which a sender says things decides, not the order in which they are handled: what is said before what is
known already is late, and changes no state. A sender's time is believed unless it lies ahead of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.alerting.states import OPEN, TABLE, Effect, Happening, State
from shared.events import Alert, BusinessEvent, Severity, Signal, document_id, iso
from shared.fields import EXPIRY

KEEP = timedelta(days=400)
"""How long what is over stays to be looked at: a year and a bit, to compare with the same season."""
REMEMBERED = timedelta(days=7)
"""How long it is known that an alert was over that had never been seen: so late may its firing come."""
AHEAD = timedelta(minutes=1)
"""A sender's clock that is further ahead of ours is not believed: the time of arrival counts instead."""
EPISODES = 20
_SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an alert's route says of hearing it: how often it must fire, or resolve, before that counts; and how long an
    acknowledgement holds.
    """

    failure_threshold: int = 1
    success_threshold: int = 1
    ack_timeout: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Change:
    """`alert` is the whole new document; None leaves it as it was. `reason` is for a person."""

    alert: Document | None
    effect: Effect
    reason: str


def alert_id(source: str, event_id: str, index: int, signal: Signal) -> str:
    """The id of the alert's document. A business event has no trouble to name, so it is its own."""
    if isinstance(signal, BusinessEvent):
        return document_id(event_id, str(index))
    return document_id(source, signal.fingerprint)


def effective_severity(severity: str) -> Severity:
    """An unknown word counts as critical: it must not be missed."""
    return severity if severity in _SEVERITIES else "critical"


def rank(severity: Severity) -> int:
    return _SEVERITIES.index(severity)


def labels_of(signal: Alert, *, source: str, type: str) -> dict[str, str]:
    """The labels that routes see: the sender's, and `source`, which is ours: a sender's own is `exported_source`."""
    own = {name if name != "source" else "exported_source": value for name, value in signal.labels.items()}
    return {"alertname": type, "severity": signal.severity, **own, "source": source}


def said_at(signal: Signal, received_at: datetime) -> datetime:
    """The moment for which *signal* speaks."""
    at = signal.at if isinstance(signal, Alert) else None
    return at if at is not None and at <= received_at + AHEAD else received_at


def noted(
    signal: BusinessEvent, known: Mapping[str, Any] | None, *, id: str, source: str, event: str, now: datetime
) -> Change:
    """A business event: an alert that never fires (docs/adr/0004)."""
    fresh = {**_told_of(signal, source=source, event=event), **_empty(id), "severity": "info", "state": "noted"}
    fresh |= {"episode": known["episode"] + 1 if known else 1, "first_seen": iso(now), "last_seen": iso(now)}
    return Change({**fresh, EXPIRY: iso(now + KEEP)}, "tell", "business event")


def hear(
    signal: Alert, known: Mapping[str, Any] | None, *, id: str, source: str, event: str, labels: Mapping[str, str],
    received_at: datetime, now: datetime, terms: Terms,
) -> Change:  # fmt: skip
    """What *signal* makes of the document *known* of its alert."""
    known = {**_empty(id), **known} if known else None
    said = said_at(signal, received_at)
    state: State = known["state"] if known else "unknown"
    happening = _happening(signal, known, said)
    transition = TABLE[state][happening]
    before = known or {}
    if happening == "speaks late":
        return _late(signal, before, source=source, event=event, labels=labels, said=said, now=now)
    if signal.status == "resolved":
        return _resolves(
            signal,
            known,
            transition.effect,
            id=id,
            source=source,
            event=event,
            said=said,
            now=now,
            terms=terms,
        )
    if signal.status == "acknowledged":
        return act(known, "is acknowledged", by="sender", now=now, until=now + terms.ack_timeout)
    alert = _fired(
        signal,
        known if state in OPEN else None,
        before,
        id=id,
        source=source,
        event=event,
        labels=labels,
        said=said,
        now=now,
    )
    alert["state"] = transition.to
    return _tell_or_count(signal, alert, state, transition.effect, terms)


def _happening(signal: Alert, known: Mapping[str, Any] | None, said: datetime) -> Happening:
    if signal.status == "acknowledged":
        return "is acknowledged"
    if signal.status == "resolved":
        return "speaks late" if known and _resolves_an_earlier_one(signal, known, said) else "resolves"
    if known and known["ended_at"] and iso(said) < known["ended_at"]:
        return "speaks late"
    louder = known and known["state"] in OPEN and rank(effective_severity(signal.severity)) > rank(known["severity"])
    return "fires louder" if louder else "fires"


def _resolves_an_earlier_one(signal: Alert, known: Mapping[str, Any], said: datetime) -> bool:
    earlier = signal.began and known.get("began") and iso(signal.began) < known["began"]
    return bool(earlier) or bool(known["said_at"] and iso(said) < known["said_at"])


def _tell_or_count(signal: Alert, alert: Document, was: State, effect: Effect, terms: Terms) -> Change:
    severity, count = alert["severity"], alert["count"]
    unknown = (
        ""
        if signal.severity in _SEVERITIES
        else f" (severity {signal.severity!r} is unknown, so it counts as critical)"
    )
    if severity != "critical" and count < terms.failure_threshold:
        return Change(alert, "count", f"firing {count} of the {terms.failure_threshold} before it is told")
    if not alert["asked"] or effect == "tell":
        louder = (
            f"louder than before, now {severity}{unknown}"
            if was in OPEN and alert["asked"]
            else f"{severity} and new{unknown}"
        )
        return Change({**alert, "asked": True, "until": None}, "tell", louder)
    return Change(alert, "count", f"repeat {count} of an alert that is {alert['state']}")


def _resolves(
    signal: Alert, known: Mapping[str, Any] | None, effect: Effect, *, id: str, source: str, event: str, said: datetime,
    now: datetime, terms: Terms,
) -> Change:  # fmt: skip
    if known is None:
        gone = {**_told_of(signal, source=source, event=event), **_empty(id), "severity": "info"}
        gone |= {"first_seen": iso(now), "last_seen": iso(now), "ended_at": iso(said), **_over(now, by="sender")}
        gone[EXPIRY] = iso(now + REMEMBERED)
        return Change(
            {**gone, "episode": 0}, "record", "resolves an alert that is not known; should it fire late, that is over"
        )
    ended = {"ended_at": max(known["ended_at"] or "", iso(said))}
    if effect != "close":
        return Change({**known, **ended}, effect, "resolves an alert that is not open")
    resolves = known["resolves"] + 1
    if known["severity"] != "critical" and resolves < terms.success_threshold:
        reason = f"resolve {resolves} of the {terms.success_threshold} before it is over"
        return Change({**known, "resolves": resolves}, "record", reason)
    return Change({**closed(known, now, by="sender"), **ended}, "close", _how_it_ended(known))


def _how_it_ended(known: Mapping[str, Any]) -> str:
    held = known["held"]
    return f"resolved before it was told ({held['reason']})" if held and not known["told_at"] else "resolved"


def _late(
    signal: Alert, known: Mapping[str, Any], *, source: str, event: str, labels: Mapping[str, str], said: datetime,
    now: datetime,
) -> Change:  # fmt: skip
    """A firing that is over already is told in the digest, unless its alert was ever told; a late resolve is not."""
    if signal.status == "resolved":
        reason = "resolves an earlier episode than the one that is open"
        if iso(said) >= known["said_at"]:
            return Change(None, "record", reason)
        return Change({**known, "ended_at": max(known["ended_at"] or "", iso(said))}, "record", reason)
    said_last = {"said_at": max(known["said_at"] or "", iso(said))}
    if known["episode"]:
        return Change({**known, **said_last}, "record", "fired before its last resolve: over already")
    told = {**_told_of(signal, source=source, event=event), "labels": dict(labels), **said_last}
    first = {"episode": 1, "severity": effective_severity(signal.severity), "last_seen": iso(now)}
    return Change(
        {**known, **told, **first, EXPIRY: iso(now + KEEP)}, "close", "had resolved before it could be handled"
    )


def act(
    known: Mapping[str, Any] | None, happening: Literal["is acknowledged", "is snoozed"], *,
    by: str, now: datetime, until: datetime | None = None,
) -> Change:  # fmt: skip
    """Somebody is on it, or will be later: nothing calls before *until*, or at all where that is None."""
    state: State = known["state"] if known else "unknown"
    to, effect = TABLE.get(state, TABLE["unknown"])[happening]
    if known is None or effect != "wait":
        return Change(
            None,
            "nothing",
            f"{happening}, but it is {'acknowledged already' if state == 'acknowledged' else 'not open'}",
        )
    calls_at = iso(until) if until and known["group"] else None
    changes: Document = {"state": to, "acknowledged_at": iso(now), "acknowledged_by": by}
    changes |= {
        "until": iso(until) if until else None,
        "calls_at": calls_at,
        "held": None,
        "pending": None,
        "episodes": _noted_in(known, acted=iso(now)),
    }
    word = to if until is None else f"{to} until {iso(until)}"
    return Change({**known, **changes}, effect, f"{word} by {'its sender' if by == 'sender' else by}")


def closed(known: Mapping[str, Any], now: datetime, *, by: str) -> Document:
    """The alert when it is over."""
    episodes = _noted_in(known, ended=iso(now), **({} if by == "sender" else {"acted": iso(now)}))
    return {**known, **_over(now, by=by), "last_seen": iso(now), "episodes": episodes}


def wake(known: Mapping[str, Any]) -> Change:
    """The time of an alert comes: a wait is over, or an acknowledgement or a snooze has ended."""
    state: State = known["state"]
    to, effect = TABLE[state]["its time comes"]
    since = f" at {known['acknowledged_at']}" if known["acknowledged_at"] else ""
    reason = known["held"]["reason"] if state == "firing" and known["held"] else f"was {state}{since} and still fires"
    return (
        Change({**known, "state": to, "until": None}, effect, reason)
        if effect == "tell"
        else Change(None, effect, reason)
    )


def flaps(alert: Mapping[str, Any], now: datetime, *, within: timedelta = timedelta(hours=1)) -> int:
    """How many episodes before the present one began within the last hour."""
    since = iso(now - within)
    return sum(one["began"] > since for one in alert["episodes"][:-1])


def noted_in_episode(alert: Mapping[str, Any], **what: str) -> list[dict[str, Any]]:
    return _noted_in(alert, **what)


def _noted_in(alert: Mapping[str, Any], **what: str) -> list[dict[str, Any]]:
    *earlier, present = alert["episodes"] or [{}]
    return [*earlier, {**present, **what}]


def _told_of(signal: Signal, *, source: str, event: str) -> Document:
    """What the sender says of it."""
    return {
        "kind": signal.kind,
        "source": source,
        "title": signal.title,
        "summary": signal.summary,
        "link": signal.link,
        "runbook": signal.runbook if isinstance(signal, Alert) else "",
        "money": signal.money.to_doc() if signal.money else None,
        "last_event": event,
    }


def _empty(id: str) -> Document:
    return {
        "id": id, "labels": {}, "count": 1, "said_at": None, "began": None, "ended_at": None, "resolves": 0,
        "acknowledged_at": None, "acknowledged_by": None, "until": None, "resolved_at": None, "resolved_by": None,
        "pending": None, "calls_at": None, "held": None, "group": None, "inhibits": None, "asked": False,
        "told_at": None, "told_in": None, "digest": None, "episodes": [], EXPIRY: None,
    }  # fmt: skip


def _over(now: datetime, *, by: str) -> Document:
    return {
        "state": "resolved", "resolved_at": iso(now), "resolved_by": by, "calls_at": None, "until": None,
        "group": None, "inhibits": None, EXPIRY: iso(now + KEEP),
    }  # fmt: skip


def _fired(
    signal: Alert, open_one: Mapping[str, Any] | None, before: Mapping[str, Any], *, id: str, source: str, event: str,
    labels: Mapping[str, str], said: datetime, now: datetime,
) -> Document:  # fmt: skip
    """The alert after it has fired: once more, or as a new episode."""
    told, severity = _told_of(signal, source=source, event=event), effective_severity(signal.severity)
    began = iso(signal.began) if signal.began else None
    if open_one:
        louder = max(severity, open_one["severity"], key=rank)
        again = {"labels": dict(labels), "severity": louder, "count": open_one["count"] + 1, "last_seen": iso(now)}
        again |= {
            "said_at": max(open_one["said_at"] or "", iso(said)),
            "began": began or open_one["began"],
            "resolves": 0,
        }
        return {**open_one, **told, **again}
    episodes = [*before.get("episodes", []), {"began": iso(now)}][-EPISODES:]
    fresh = {
        "labels": dict(labels),
        "severity": severity,
        "episode": before.get("episode", 0) + 1,
        "episodes": episodes,
    }
    times = {"first_seen": iso(now), "last_seen": iso(now), "said_at": iso(said), "began": began}
    return {**_empty(id), **told, **fresh, **times, "ended_at": before.get("ended_at"), "state": "firing"}
