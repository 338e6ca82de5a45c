"""A group calls: its first page, later pages for those that joined, and louder ones until somebody acknowledges.

The document of a group holds only that: `pages` told so far, the `level` of the present call, when the last page was
(`paged_at`) and when the next is due (`due_at`). What is open is known from its alerts alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.alerting.alert import KEEP
from shared.alerting.escalation import Escalation, Step, step
from shared.alerting.routes import Node, flood_id, group_labels
from shared.events import document_id, iso
from shared.ports.field_paths import EXPIRY

Group = dict[str, Any]
REMEMBERED = 30
"""The messages of a call that its group names."""


@dataclass(frozen=True, slots=True)
class Call:
    """One page of a group, on each of the step's channels under a key of its own; `group` is its new document."""

    group: Group
    step: Step
    kind: str

    @property
    def keys(self) -> dict[str, str]:
        """The idempotency key on each channel: the same page of the same group can be created once."""
        id, number = self.group["id"], str(self.group["pages"])
        return {channel: document_id("page", id, number, channel) for channel in self.step.channels}


def channels_of(taken: Sequence[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.settings.channel for node in taken))


def page_joined(
    known: Mapping[str, Any] | None,
    id: str,
    taken: tuple[Node, ...],
    labels: Mapping[str, str],
    escalation: Escalation,
    now: datetime,
) -> Call:
    """The page for alerts that interrupt now: it begins a call, or joins the one that is under way at its level."""
    group = _group(known, id, taken, labels)
    calling = group["due_at"] is not None
    number = max(group["level"] - 1, 0) if calling else 0
    found = _step(taken, escalation, number)
    if calling:
        return _call(group, found, "joined", now)
    due = iso(now + found.wait) if found.wait else None
    begun = {"level": 1, "called_at": iso(now), "gave_up_at": None, "due_at": due, "messages": []}
    return _call({**group, **begun}, found, "first", now)


def page_again(known: Mapping[str, Any], taken: tuple[Node, ...], escalation: Escalation, now: datetime) -> Call:
    """The next page of a call that nobody has acknowledged. Without a wait it is the last: the group gives up."""
    found = _step(taken, escalation, known["level"])
    due = {"due_at": iso(now + found.wait)} if found.wait else {"due_at": None, "gave_up_at": iso(now)}
    return _call({**known, **due, "level": known["level"] + 1}, found, "again", now)


def is_calling(alert: Mapping[str, Any]) -> bool:
    """Whether an alert of a group was told, and nobody has done anything about it yet."""
    return alert["state"] == "firing" and bool(alert["told_at"]) and not alert["calls_at"]


def at_rest(known: Mapping[str, Any], now: datetime) -> Group:
    """A group in which nothing calls any more."""
    return {**known, "due_at": None, "level": 0, EXPIRY: iso(now + KEEP)}


def postponed(known: Mapping[str, Any], until: datetime) -> Group:
    """A group of which everything that would call is muted for now."""
    return {**known, "due_at": iso(until)}


def waiting(
    known: Mapping[str, Any] | None, id: str, taken: tuple[Node, ...], labels: Mapping[str, str], until: datetime
) -> Group:
    """A group that waits for more of its alerts before its first page."""
    return {**_group(known, id, taken, labels), "flush_at": iso(until)}


def _step(taken: tuple[Node, ...], escalation: Escalation, number: int) -> Step:
    return step(escalation, channels_of(taken), taken[-1].settings.repeat_interval, number)


def _call(group: Group, found: Step, kind: str, now: datetime) -> Call:
    paged = {**group, "pages": group["pages"] + 1, "paged_at": iso(now), "flush_at": None, EXPIRY: None}
    call = Call(paged, found, kind)
    messages = [*group["messages"], *(f"outbox/{key}" for key in call.keys.values())]
    return Call({**paged, "messages": messages[-REMEMBERED:]}, found, kind)


def _group(known: Mapping[str, Any] | None, id: str, taken: tuple[Node, ...], labels: Mapping[str, str]) -> Group:
    if known:
        return dict(known)
    flood = id == flood_id(taken)
    return {
        "id": id, "flood": flood, "labels": {} if flood else group_labels(taken, labels), "route": str(taken[-1]),
        "pages": 0, "level": 0, "paged_at": None, "due_at": None, "called_at": None, "flush_at": None,
        "gave_up_at": None, "messages": [], "last_told": [], EXPIRY: None,
    }  # fmt: skip
