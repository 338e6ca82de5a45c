"""Documents as earlier releases wrote them, and what they are today.

A document is complete when it is read: no reader asks whether a release already wrote a field. A change of a document's
shape adds its case here, raises VERSION, and stays: tests/data/releases has files of the releases that need it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.ports.store import Doc
from shared.ports.terms import alert_index, event_terms

VERSION = 4
"""Raised with each change in this module: the sweeper then writes every document again, since queries read the stored
fields.
"""
PROGRESS = "sweeps/documents"
"""How far the documents are: the `version` whose shape all have, or None during a round; and the `place` in a round:
its version, and the path after which to go on. `again`: when a second round begins; None after it.
"""
Fields = dict[str, Any]


class Completed(dict[str, Any]):
    """A document that the store holds in the shape of an earlier release."""


_ALERT: Mapping[str, Any] = {
    "summary": "", "link": "", "runbook": "", "about": None, "money": None, "last_event": "", "count": 1, "resolves": 0,
    "said_at": None, "began": None, "ended_at": None, "acknowledged_at": None, "acknowledged_by": None, "until": None,
    "resolved_at": None, "resolved_by": None, "asked": False, "told_at": None, "told_in": None, "told_on": [],
    "held": None, "again": None, "calls_at": None, "group": None, "inhibits": None, "pending": None, "unresolved": None,
    "digest": None, "expires_at": None, "episode": 0, "labels": {}, "episodes": [], "changes": 0,
}  # fmt: skip
_GROUP: Mapping[str, Any] = {
    "flood": False, "labels": {}, "route": "", "pages": 0, "level": 0, "paged_at": None, "due_at": None,
    "called_at": None, "flush_at": None, "gave_up_at": None, "messages": [], "last_told": [], "told_on": {},
    "calls": {}, "resolves": 0, "courses": {}, "expires_at": None,
}  # fmt: skip
_MESSAGE: Mapping[str, Any] = {"ack": None, "cause": None, "due_at": None, "receipt": None, "last_fault": None}
_EVENT: Mapping[str, Any] = {"quarantine": None, "republished": {"count": 0, "at": None}, "handled": {}}
_HEARTBEAT: Mapping[str, Any] = {
    "last_seen": None, "due_at": None, "missed_at": None, "failed_at": None, "resumed_at": None, "runs": {},
    "ended": [], "took": None, "pings": 0,
}  # fmt: skip


def is_rewritten(progress: Doc | None) -> bool:
    """Whether the document at PROGRESS says that all have the shape of this release: until then, queries miss some."""
    return progress is not None and progress.data["version"] == VERSION


def current(collection: str, data: Fields) -> Fields:
    """*data* of a document in *collection* as this release would have written it; *data* itself if it is complete."""
    complete = _COMPLETE.get(collection)
    today = complete(data) if complete else data
    return data if today is data else Completed(today)


def _filled(data: Fields, fields: Mapping[str, Any]) -> Fields:
    return data if data.keys() >= fields.keys() else {**fields, **data}


def _alert(data: Fields) -> Fields:
    """An alert. Before groups, a critical alert had notified as soon as it fired, and had no label `source`."""
    alert = data if "episodes" in data or "first_seen" not in data else {**_before_groups(data), **data}
    if "episodes" not in data and "source" in data:
        alert = {**alert, "labels": {**alert.get("labels", {}), "source": data["source"]}}
    pending = alert.get("pending")
    if pending and "place" not in pending:
        alert = {**alert, "pending": _pending(pending)}
    if "open_in" not in alert:
        is_told = alert.get("told_at") and alert.get("state") in {"firing", "acknowledged", "snoozed"}
        alert = {**alert, "open_in": alert.get("told_in") or alert.get("group") if is_told else None}
    filled = _filled(alert, _ALERT)
    return filled if "terms" in filled else {**filled, **alert_index(filled)}


def _before_groups(data: Fields) -> Fields:
    if data.get("kind") != "alert":
        return {"episodes": []}
    began, notified = data["first_seen"], data.get("severity") == "critical"
    told = {"told_at": began, "asked": True} if notified else {}
    ended = data.get("resolved_at")
    episode = {"began": began} | ({"told": began} if notified else {}) | ({"ended": ended} if ended else {})
    return {**told, "ended_at": ended, "episodes": [episode]}


def _pending(pending: Mapping[str, Any]) -> Fields:
    """The entry of an alert that waits for a digest. Before routes had digests, it named the digest's channel."""
    queue, since = pending.get("queue") or "digest", pending["since"]
    return {"reason": "", "by": None, "queue": queue, "since": since, "place": f"{queue}/{since}"}


def _page(data: Fields) -> Fields:
    """A message of the outbox. Before channels had a cost, each interruption counted as one."""
    return _filled(data, {**_MESSAGE, "cost": 1.0})


def _digest(data: Fields) -> Fields:
    return _filled(data, {**_MESSAGE, "cost": 0.0, "members": [], "closed_by": None})


def _override(data: Fields) -> Fields:
    """An override. Before overrides had a history, it named only itself."""
    itself = {name: data[name] for name in ("variant", "who", "why", "at", "until") if name in data}
    return _filled(data, {"history": [itself]})


def _event(data: Fields) -> Fields:
    """An event. Before there was a search, it had no terms; those added here lack the labels of its signals."""
    received_at = str(data.get("received_at", ""))
    state = "handled" if data.get("handled") else "accepted"
    filled = _filled(data, {**_EVENT, "day": received_at[:10], "state": state})
    return filled if "terms" in filled else {**filled, "terms": event_terms(filled)}


def _heartbeat(data: Fields) -> Fields:
    """A heartbeat. One that is neither due nor missed was taken off its schedule: that begins anew."""
    is_watched = data.get("due_at") or data.get("missed_at")
    return _filled(data, {**_HEARTBEAT, "since": data.get("last_seen") if is_watched else None})


_COMPLETE: Mapping[str, Callable[[Fields], Fields]] = {
    "alerts": _alert,
    "groups": lambda data: _filled(data, _GROUP),
    "outbox": _page,
    "digests": _digest,
    "events": _event,
    "heartbeats": _heartbeat,
    "overrides": _override,
}
COLLECTIONS = tuple(_COMPLETE)
"""The collections whose documents have changed since the first release."""
