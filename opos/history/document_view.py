"""A document of any kind on a few lines: its facts, and the commands that show or do more."""

from collections.abc import Iterator, Mapping
from typing import Any

from opos.terminal.times import OperatorClock
from shared.alerting.state_machine import OPEN
from shared.ports import Doc
from shared.ports.field_paths import field
from shared.records.kind import collection_of
from shared.values.kinds import (
    ALERT,
    ASK,
    DEPLOYMENT,
    DIGEST,
    EVENT,
    FAILED_MESSAGE,
    FOCUS,
    GROUP,
    HEARTBEAT,
    MESSAGE,
    OVERRIDE,
    PUBLIC_INCIDENT,
    SESSION,
    SILENCE,
    Data,
    Kind,
)
from shared.values.local_time import is_stored

_FACTS: Mapping[Kind, Mapping[str, str]] = {
    EVENT: {
        "state": "state", "received": "received_at", "quarantine": "quarantine", "delivery": "delivery_id",
        "repeats": "repeats", "trace": "trace", "forgotten": "forgotten_at",
    },
    ALERT: {
        "severity": "severity", "state": "state", "source": "source", "first seen": "first_seen",
        "last seen": "last_seen", "times": "count", "held": "held.reason", "until": "until",
        "waits for": "pending.queue", "acknowledged": "acknowledged_at", "by": "acknowledged_by",
        "resolved": "resolved_at", "group": "told_in", "event": "last_event",
    },
    ASK: {"kind": "kind", "asked by": "asker.name", "asked": "created_at", "decide by": "decide_by", "event": "cause"},
    MESSAGE: {
        "state": "state", "channel": "channel", "made": "created_at", "attempts": "attempts", "next": "due_at",
        "delivered": "receipt.at", "failure": "last_fault", "because": "cause.step", "group": "cause.group",
    },
    DIGEST: {
        "state": "state", "channel": "channel", "made": "created_at", "attempts": "attempts", "next": "due_at",
        "delivered": "receipt.at", "failure": "last_fault", "closed by": "closed_by",
    },
    SILENCE: {"from": "starts_at", "until": "ends_at", "by": "author", "why": "comment"},
    GROUP: {"route": "route", "notified": "called_at", "next": "due_at", "level": "level", "notifications": "pages"},
    FAILED_MESSAGE: {"received": "received_at", "function": "subscription", "attempts": "attempts", "event": "event"},
    SESSION: {"began": "created_at", "last used": "last_seen", "ends": "ends_at"},
    FOCUS: {"from": "begins_at", "until": "ends_at"},
    DEPLOYMENT: {
        "target": "target", "phase": "phase", "began": "began_at", "by": "by", "commit": "commit", "reason": "reason",
    },
    HEARTBEAT: {
        "last ping": "last_seen", "due by": "due_at", "missed": "missed_at", "failing since": "failed_at",
        "pings": "pings",
    },
    OVERRIDE: {"variant": "variant", "until": "until", "by": "who", "why": "why", "set": "at"},
    PUBLIC_INCIDENT: {"kind": "kind", "impact": "impact", "from": "starts_at", "until": "ends_at"},
}  # fmt: skip
"""What is worth reading of each kind: a label, and the field that has it."""
_RECORD_FACTS = {"state": "state", "changes": "n", "changed": "changed_at", "created": "created_at"}
_UNDELIVERED = frozenset({"failed", "parked"})


def facts(kind: Kind, doc: Doc) -> dict[str, Any]:
    """The facts of *doc* by their fields, without those that it lacks. Times are as they are stored."""
    values = {path: field(doc.data, path) for path in _facts_of(kind).values()}
    return {path: value for path, value in values.items() if value is not None and value != ""}


def _facts_of(kind: Kind) -> Mapping[str, str]:
    return _RECORD_FACTS if _is_record(kind) else _FACTS[kind]


def _is_record(kind: Kind) -> bool:
    return kind.collection == collection_of(kind.noun)


def next_steps(kind: Kind, doc: Doc) -> list[tuple[str, ...]]:
    """The words of the commands that show more of *doc*, or act on it."""
    id = doc.id if kind in {HEARTBEAT, OVERRIDE, DEPLOYMENT} else doc.id[:8]
    return [tuple(part.format(id) for part in words) for words in _steps(kind, doc.data)]


def _steps(kind: Kind, data: Data) -> Iterator[tuple[str, ...]]:
    if kind == ALERT:
        yield from _alert_steps(data)
    elif kind == FAILED_MESSAGE and data.get("event"):
        yield from (("trace", data["event"][:8]), ("replay", data["event"][:8]))
    elif kind in {MESSAGE, DIGEST} and data.get("state") in _UNDELIVERED:
        yield from (("retry", "{}"), ("dismiss", "{}", "--why", "WHY"))
    elif kind == DEPLOYMENT:
        yield from (("deployments",), ("rollback", "--to", str(data["number"])))
    elif _is_record(kind):
        yield from (("records", words, kind.noun, "{}") for words in ("show", "history"))
    yield from _SHOWN.get(kind, ())


def _alert_steps(data: Data) -> Iterator[tuple[str, ...]]:
    if data.get("state") == "firing":
        yield ("alerts", "ack", "{}")
    if data.get("state") in OPEN:
        yield from (("alerts", "snooze", "{}", "--for", "2h"), ("alerts", "resolve", "{}"))
    if data.get("last_event"):
        yield ("trace", data["last_event"][:8])


_SHOWN: Mapping[Kind, tuple[tuple[str, ...], ...]] = {
    ASK: (("asks", "show", "{}"),),
    EVENT: (("event", "{}"), ("trace", "{}"), ("replay", "{}", "--dry-run")),
    DIGEST: (("digest", "show", "{}"), ("digest", "explain", "{}")),
    SILENCE: (("silence", "expire", "{}"),),
    FAILED_MESSAGE: (("dismiss", "{}", "--why", "WHY"),),
    SESSION: (("console", "--revoke", "{}"),),
    FOCUS: (("focus", "--end"),),
    HEARTBEAT: (("heartbeat", "show", "{}"),),
    OVERRIDE: (("flags", "explain", "{}"), ("flags", "release", "{}")),
}
"""The commands that every document of a kind has, with `{}` for its id."""


def lines(kind: Kind, doc: Doc, clock: OperatorClock) -> Iterator[str]:
    """*doc* for a person, without the commands."""
    yield f"{kind.noun}  {doc.id}"
    yield f"  {kind.title(doc.data)}"
    known = facts(kind, doc)
    shown = {label: known[path] for label, path in _facts_of(kind).items() if path in known}
    wide = max(map(len, shown), default=0)
    yield from (f"  {label:<{wide}}  {_said(value, clock)}" for label, value in shown.items())


def _said(value: Any, clock: OperatorClock) -> str:
    text = str(value)
    return clock.time_and_age(text) if is_stored(text) else clock.text(text)
