"""The story of one episode of an alert: what happened to it, whom it notified, who acted, and how it ended.

It is derived from documents that other packages write: the alert and its changes, the event that began the episode, the
messages, their resolved notices and the digests. Times in its words are as they are stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from shared.alerting.alert import AlertDoc, Episode, Held
from shared.alerting.changes import ChangeDoc
from shared.alerting.state_machine import OPEN
from shared.errors import NOT_DELIVERED
from shared.events import iso
from shared.ports import Doc
from shared.values.local_time import as_datetime, duration
from shared.values.text import one_line, readable_lines

Kind = Literal[
    "next", "fired", "raised", "held", "repeated", "notified", "escalated", "not delivered", "acknowledged", "snoozed",
    "lapsed", "acted", "resolved", "notice", "digest", "note",
]  # fmt: skip
"""`next` is still to come. `lapsed`: an acknowledgement or a snooze has ended. `acted`: an act of an earlier release,
which stored only its time."""
_ORDER: tuple[Kind, ...] = (
    "fired", "raised", "held", "digest", "notified", "escalated", "not delivered", "repeated", "acknowledged",
    "snoozed", "lapsed", "acted", "note", "resolved", "notice", "next",
)  # fmt: skip
"""In what order entries of the same time stand."""
Target = Literal["event", "message", "digest"]
_PLACES = {"link": "link of a notification", "console": "console", "cli": "command line"}
_DONE = {"acknowledge": "acknowledged", "snooze": "snoozed", "resolve": "resolved"}


class Entry(NamedTuple):
    """One line of a story. `target` is the document that shows more of it: its kind and its id."""

    at: str
    kind: Kind
    words: str
    detail: str = ""
    target: tuple[Target, str] | None = None
    who: str = ""


class Sent(NamedTuple):
    """A message about the episode, the name of its receiver, and when it was made."""

    doc: Doc
    receiver: str
    made_at: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the episode *number* of `alert`; `reason` is why the router decided as it did when it fired.

    `messages` are notifications, `notices` resolved notices. `due_at` is when its group notifies again. `is_whole` says
    whether the messages are all that there were.
    """

    alert: AlertDoc
    number: int
    episode: Episode
    reason: str = ""
    changes: Sequence[ChangeDoc] = ()
    messages: Sequence[Sent] = ()
    notices: Sequence[Sent] = ()
    digests: Sequence[tuple[str, str]] = ()
    """The id of each digest that listed it, and when."""
    due_at: str | None = None
    is_whole: bool = True

    @property
    def is_present(self) -> bool:
        """Whether it is the last episode, so that the alert's document is about it."""
        return self.number == self.alert["episode"]

    @property
    def is_open(self) -> bool:
        return self.is_present and self.alert["state"] in OPEN

    @property
    def ended(self) -> str | None:
        return self.episode.get("ended") or None


class Lengths(NamedTuple):
    """How long it took, from when the alert fired; None for what has not happened, or is not known."""

    notify: timedelta | None
    acknowledge: timedelta | None
    resolve: timedelta | None


def entries(facts: Facts, now: datetime) -> list[Entry]:
    """What happened in the episode, oldest first, and at the end what comes next."""
    parts = (_fired, _held, _sent, _digests, _changed, _acted_before_changes, _lapsed, _ended, _noticed)
    past = [entry for part in parts for entry in part(facts)]
    ordered = sorted(past, key=lambda entry: (entry.at, _ORDER.index(entry.kind)))
    return [*(entry for entry in ordered if entry.kind != "lapsed" or entry.at <= iso(now)), *_next(facts, now)]


def lengths(facts: Facts, story: Iterable[Entry]) -> Lengths:
    """The times from the start of the episode to its first notification, first act and end."""
    began, story = facts.episode.get("began"), list(story)
    first = {kind: next((entry.at for entry in story if entry.kind in kinds), None) for kind, kinds in _MARKS.items()}
    told = first["notify"] or facts.episode.get("told")
    act = first["acknowledge"] or facts.episode.get("acted")
    return Lengths(_after(began, told), _after(began, act), _after(began, facts.ended))


_MARKS: Mapping[str, frozenset[Kind]] = {
    "notify": frozenset({"notified"}), "acknowledge": frozenset({"acknowledged", "snoozed", "acted"}),
}  # fmt: skip


def _after(began: str | None, then: str | None) -> timedelta | None:
    return max(timedelta(0), as_datetime(then) - as_datetime(began)) if began and then else None


def actor(change: ChangeDoc) -> str:
    """Who made *change*, from where and on which device: `me@example.com, console, Firefox on Linux`."""
    if change["via"] == "sender":
        return "its sender"
    device = change["device"].removeprefix("unknown browser on ").removeprefix("unknown browser")
    return ", ".join(part for part in (change["who"], _PLACES.get(change["via"], change["via"]), device) if part)


def _fired(facts: Facts) -> Iterator[Entry]:
    episode, alert = facts.episode, facts.alert
    began = episode.get("began")
    if not began:
        return
    event = episode.get("event") or (alert["last_event"] if facts.is_present and alert["count"] == 1 else "")
    words = "Started firing" if alert["kind"] == "alert" else "Received"
    yield Entry(began, "fired", words, facts.reason, ("event", event) if event else None)
    if facts.is_open and (more := alert["count"] - 1):
        words = "Fired again" if more == 1 else f"Fired again {more:,} times"
        yield Entry(
            alert["last_seen"], "repeated", words, "Counted; the last time is shown.", ("event", alert["last_event"])
        )


def _held(facts: Facts) -> Iterator[Entry]:
    holds = facts.episode.get("holds", [])
    for hold in holds:
        yield Entry(hold["since"], "held", "Held", hold["reason"])
    held: Held | None = facts.alert["held"] if facts.is_open else None
    if held and held["by"] not in {hold["by"] for hold in holds}:
        yield Entry(held["since"], "held", "Held", held["reason"])


def _sent(facts: Facts) -> Iterator[Entry]:
    told = set[str]()
    for sent in sorted(facts.messages, key=lambda sent: sent.made_at):
        yield _message(sent, told)
        told.add(sent.receiver)


def _message(sent: Sent, told: set[str]) -> Entry:
    data, cause = sent.doc.data, sent.doc.data["cause"] or {}
    because = [str(cause.get("because") or ""), _outcome(data, sent.made_at)]
    if "instead_of" in data:
        because.insert(0, "Sent here because another channel did not deliver it.")
    detail, target = " ".join(filter(None, because)), ("message", sent.doc.id)
    if data["state"] in {"failed", "parked", "dropped"}:
        words = f"Did not notify {sent.receiver}"
        return Entry(sent.made_at, "not delivered", words, detail, target)  # type: ignore[arg-type]
    is_level = cause.get("kind") == "again" and str(cause.get("step", "")).startswith("level")
    words = f"Notified {sent.receiver}{' again' if sent.receiver in told else ''}"
    return Entry(sent.made_at, "escalated" if is_level else "notified", words, detail, target)  # type: ignore[arg-type]


def _outcome(data: Mapping[str, Any], made_at: str) -> str:
    """Whether a message was delivered, in a sentence."""
    if data["state"] == "dropped":
        return f"Cancelled: {(data.get('dismissed') or {}).get('why', 'dismissed')}."
    if receipt := data["receipt"]:
        took = as_datetime(receipt["at"]) - as_datetime(made_at)
        attempts = f" at attempt {data['attempts']}" if data["attempts"] > 1 else ""
        return f"Delivered{f' after {duration(took)}' if took >= timedelta(seconds=1) else ''}{attempts}."
    if data["state"] == "sent":
        return "Delivered."
    fault = one_line(data["last_fault"] or "").removeprefix(NOT_DELIVERED)
    if data["state"] in {"failed", "parked"}:
        return f"Not delivered: {fault.rstrip('.')}."
    return f"Not delivered yet: {fault.rstrip('.')}." if fault else "Not delivered yet."


def _digests(facts: Facts) -> Iterator[Entry]:
    for id, at in facts.digests:
        yield Entry(at, "digest", "Listed in a digest", "", ("digest", id))


def _changed(facts: Facts) -> Iterator[Entry]:
    for change in facts.changes:
        yield _change(change)


def _change(change: ChangeDoc) -> Entry:
    at, who = change["at"], actor(change)
    target: tuple[Target, str] | None = ("event", change["event"]) if change["event"] else None
    if change["kind"] == "severity":
        return Entry(at, "raised", f"Became {change['text']}", "", target)
    if change["kind"] == "note":
        return Entry(at, "note", "Note", readable_lines(change["text"]), None, who)
    done = _DONE[change["kind"]]
    subject = "Its sender" if change["via"] == "sender" else "You"
    until = f"Until {change['until']}." if change["until"] else ""
    return Entry(at, done, f"{subject} {done} it", until, target, who)  # type: ignore[arg-type]


def _acts(facts: Facts) -> list[ChangeDoc]:
    return [change for change in facts.changes if change["kind"] in {"acknowledge", "snooze"}]


def _acted_before_changes(facts: Facts) -> Iterator[Entry]:
    """An act that an earlier release stored in the alert alone."""
    acted, alert = facts.episode.get("acted"), facts.alert
    if facts.changes or not acted or acted == facts.ended:
        return
    if not facts.is_present or alert["acknowledged_at"] != acted:
        yield Entry(acted, "acted", "You acted on it")
        return
    by_sender = alert["acknowledged_by"] == "its sender"
    done: Kind = "snoozed" if alert["state"] == "snoozed" else "acknowledged"
    who = "its sender" if by_sender else _PLACES.get(alert["acknowledged_by"] or "", "")
    yield Entry(acted, done, f"{'Its sender' if by_sender else 'You'} {done} it", "", None, who)


def _lapsed(facts: Facts) -> Iterator[Entry]:
    """The ends of acknowledgements and snoozes that no later act or end came before."""
    acts = _acts(facts)
    for act, following in zip_longest(acts, acts[1:]):
        after = following["at"] if following else facts.ended
        until = act["until"]
        is_cut = bool(after and until and after <= until) or bool(facts.ended and until and facts.ended <= until)
        if until and not is_cut and not _was_raised(act, until, facts):
            noun = "snooze" if act["kind"] == "snooze" else "acknowledgement"
            yield Entry(until, "lapsed", f"The {noun} ended", "It was still firing.")


def _was_raised(act: ChangeDoc, until: str, facts: Facts) -> bool:
    """Whether a higher severity ended an acknowledgement before its time."""
    later = (change for change in facts.changes if change["number"] > act["number"] and change["at"] <= until)
    return any(change["kind"] == "severity" for change in later)


def _ended(facts: Facts) -> Iterator[Entry]:
    ended, episode = facts.ended, facts.episode
    if not ended or any(change["kind"] == "resolve" for change in facts.changes):
        return
    by = episode.get("ended_by") or (facts.alert["resolved_by"] if facts.is_present else None)
    event = episode.get("ended_event")
    target: tuple[Target, str] | None = ("event", event) if event else None
    words = {"sender": "Its sender resolved it", None: "Resolved"}.get(by, "You resolved it")
    count = episode.get("count", 1)
    detail = f"It fired {count:,} times." if count > 1 else ""
    yield Entry(ended, "resolved", words, detail, target, _PLACES.get(by or "", ""))


def _noticed(facts: Facts) -> Iterator[Entry]:
    for sent in facts.notices:
        is_dropped = sent.doc.data["state"] == "dropped"
        words = f"Resolved notice to {sent.receiver}{' cancelled' if is_dropped else ''}"
        detail = _outcome(sent.doc.data, sent.made_at)
        yield Entry(sent.made_at, "notice", words, detail, ("message", sent.doc.id))


def _next(facts: Facts, now: datetime) -> Iterator[Entry]:
    """What comes next if nobody acts."""
    alert = facts.alert
    if not facts.is_open:
        return
    if alert["state"] in {"acknowledged", "snoozed"} and alert["until"]:
        noun = "snooze" if alert["state"] == "snoozed" else "acknowledgement"
        yield Entry(alert["until"], "next", f"The {noun} ends", "If it is still firing then, you are notified again.")
    elif alert["held"] and alert["calls_at"]:
        yield Entry(alert["calls_at"], "next", "The hold ends", "If it is still firing then, opos decides again.")
    elif facts.due_at and facts.due_at > iso(now) and alert["told_at"]:
        yield Entry(facts.due_at, "next", "Notifies you again", "Unless you acknowledge it first.")
    elif alert["pending"]:
        words = f"Waits for the digest {alert['pending']['queue']}"
        yield Entry(alert["pending"]["since"], "next", words, alert["pending"]["reason"])
