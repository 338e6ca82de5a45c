"""What happened around an episode of an alert, which may explain it: other alerts, deployments, overrides of flags.

Coincidence is no proof, so a likely cause says only what came shortly before.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from shared.alerting.alert import AlertDoc, Episode
from shared.events import iso
from shared.values.local_time import as_datetime, duration
from shared.values.text import headline, one_line

AROUND = timedelta(hours=1)
"""How long before and after an alert another one is related to it."""
BEFORE = timedelta(hours=24)
"""How long before an alert a deployment or an override is shown."""
SHORTLY = timedelta(hours=1)
"""A change of that short a time before the alert may be its cause."""
SIMILAR = timedelta(days=30)
MOST = 10
"""How many other alerts are shown."""
_OWN = frozenset({"source", "exported_source", "severity", "incident"})
"""Labels that say nothing of what two alerts have in common."""
CHANCE = "at the same time"
"""What two alerts have in common that share neither a group nor a label."""
Kind = Literal["alert", "deployment", "flag"]


class Happening(NamedTuple):
    """Something that happened at a time. `target` is the id of an alert, the number of a deployment, or a flag."""

    at: str
    kind: Kind
    words: str
    target: str
    is_change: bool = False
    """Whether it changed what runs, so that it may be a cause."""


class Ended(NamedTuple):
    """An episode of the alert or of a similar one, and how it ended, in words; `length` is None while it fires."""

    at: str
    alert: str
    title: str
    length: timedelta | None
    how: str
    number: int


def shared_labels(first: AlertDoc, second: AlertDoc) -> list[str]:
    """The names of the labels that two alerts have with the same value, and that may explain both."""
    unsaid = _OWN | ({"alertname"} if "incident" in first["labels"] else set())  # then it is only the event's type
    common = first["labels"].items() & second["labels"].items()
    return sorted(name for name, _ in common if name not in unsaid)


def related_alerts(alert: AlertDoc, began: str, others: Iterable[AlertDoc]) -> list[Happening]:
    """Those of *others* that began to fire around *began*, the ones with the most in common first, then by time."""
    near = [(other, at) for other in others if other["id"] != alert["id"] for at in _starts(other, began)]
    ranked = sorted(
        near, key=lambda pair: (-_closeness(alert, pair[0]), abs(as_datetime(pair[1]) - as_datetime(began)))
    )
    shown = [Happening(at, "alert", _words(alert, other), other["id"]) for other, at in ranked[:MOST]]
    return sorted(shown)


def _starts(other: AlertDoc, began: str) -> list[str]:
    """When *other* began to fire within an hour of *began*: the start that is nearest to it."""
    starts = [episode["began"] for episode in other["episodes"] if episode.get("began")]
    away = {at: abs(as_datetime(at) - as_datetime(began)) for at in starts}
    return sorted((at for at, length in away.items() if length <= AROUND), key=lambda at: away[at])[:1]


def _closeness(alert: AlertDoc, other: AlertDoc) -> int:
    return len(shared_labels(alert, other)) + 2 * _same_group(alert, other)


def _same_group(alert: AlertDoc, other: AlertDoc) -> bool:
    return bool(alert["told_in"]) and alert["told_in"] == other["told_in"]


def _words(alert: AlertDoc, other: AlertDoc) -> str:
    common = [*(["same group"] if _same_group(alert, other) else []), *_same(shared_labels(alert, other))]
    return f"{headline(other['title'])} ({other['severity']}) fired; {', '.join(common) or CHANCE}"


def _same(names: list[str]) -> list[str]:
    return [f"same {one_line(', '.join(names))}"] if names else []


def flag_changes(flag: str, overrides: Iterable[Mapping[str, Any]]) -> Iterator[Happening]:
    """When each of *overrides* of *flag* began, and when it ended."""
    for entry in overrides:
        began = f"The flag {flag} was set to {entry['variant']} by {entry['who']}: {entry['why']}"
        yield Happening(str(entry["at"]), "flag", one_line(began), flag, is_change=True)
        released = entry.get("released_at")
        by = f", released by {entry.get('released_by')}" if released else ""
        ended = f"The override of {flag} ended{by}"
        yield Happening(str(released or entry["until"]), "flag", one_line(ended), flag, is_change=True)


def around(happenings: Iterable[Happening], began: str, ended: str | None, now: datetime) -> list[Happening]:
    """Those of *happenings* from a day before the episode until an hour after it, oldest first."""
    first = iso(as_datetime(began) - BEFORE)
    last = min(iso(now), iso((as_datetime(ended) if ended else now) + AROUND))
    return sorted(happening for happening in happenings if first <= happening.at <= last)


def likely_causes(happenings: Iterable[Happening], began: str) -> list[str]:
    """What changed shortly before the alert fired, the latest first: `4 min before it fired: Deployment 118 ...`."""
    start = as_datetime(began)
    recent = [
        (start - as_datetime(change.at), change.words)
        for change in happenings
        if change.is_change and timedelta(0) <= start - as_datetime(change.at) <= SHORTLY
    ]
    return [f"{duration(length)} before it fired: {words}" for length, words in sorted(recent)]


def endings(alert: AlertDoc, others: Iterable[AlertDoc], number: int, now: datetime) -> list[Ended]:
    """The episodes of the last 30 days of *alert*, except its episode *number*, and of similar alerts, newest first."""
    numbered = [(other, *pair) for other in (alert, *others) if _is_similar(alert, other) for pair in _numbered(other)]
    since, own = iso(now - SIMILAR), (alert["id"], number)
    ended = [
        _ended(other, at, episode)
        for other, at, episode in numbered
        if (other["id"], at) != own and episode.get("began", "") >= since
    ]
    return sorted(ended, key=lambda entry: (entry.at, entry.alert), reverse=True)


def _numbered(alert: AlertDoc) -> list[tuple[int, Episode]]:
    return list(enumerate(alert["episodes"], alert["episode"] - len(alert["episodes"]) + 1))


def _is_similar(alert: AlertDoc, other: AlertDoc) -> bool:
    return all(
        alert["labels"].get(name, "") == other["labels"].get(name, "") for name in ("source", "alertname", "incident")
    )


def _ended(alert: AlertDoc, number: int, episode: Episode) -> Ended:
    ended, acted, told = episode.get("ended"), episode.get("acted"), episode.get("told")
    length = as_datetime(ended) - as_datetime(episode["began"]) if ended else None
    if told and acted:
        how = f"acknowledged after {duration(max(timedelta(0), as_datetime(acted) - as_datetime(episode['began'])))}"
    elif told:
        how = "resolved on its own" if ended else "nobody has acknowledged it"
    else:
        how = "resolved before you were notified" if ended else "you were not notified"
    return Ended(episode["began"], alert["id"], headline(alert["title"]), length, how, number)
