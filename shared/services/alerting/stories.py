"""The stories of alerts: what the store knows about an episode, for the console and the command line."""

from dataclasses import dataclass
from datetime import datetime

from shared.alerting.alert import AlertDoc, Episode, as_alert
from shared.alerting.changes import COLLECTION, ChangeDoc, as_change, prefix
from shared.alerting.related import Ended, Happening, around, endings, likely_causes, related_alerts
from shared.alerting.story import Entry, Facts, Lengths, entries, lengths
from shared.context import Context
from shared.errors import NotFound
from shared.events import iso
from shared.ports import Doc, Store
from shared.services.alerting.alert_messages import made_between, messages, notices, numbered_episode, pages
from shared.services.alerting.nearby import Look, changes_around, other_alerts
from shared.services.alerting.pages import runbook_of

MOST = 200
"""How many changes of an episode are read, the first ones. Their ids follow each other, so that only they are read."""


@dataclass(frozen=True, slots=True)
class Story:
    """An episode of an alert with what led to it. `entries` are oldest first; `similar` newest first."""

    facts: Facts
    entries: list[Entry]
    lengths: Lengths
    related: list[Happening]
    causes: list[str]
    similar: list[Ended]
    runbook: str
    partly: list[str]
    """What there may be more of around it than opos read, such as `20 deployments`."""

    @property
    def notes(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == "note"]


def story_of(alert: Doc, context: Context, number: int | None = None) -> Story:
    """The story of the episode *number* of *alert*, by default the last one. Raises NotFound if it is not kept."""
    data, store, now = as_alert(alert.data), context.store, context.now
    try:
        number, episode = numbered_episode(data, number)
    except LookupError as fault:
        raise NotFound(f"This episode is not stored: {fault}.") from None
    facts = _facts(data, number, episode, now, store)
    began = episode.get("began") or data["first_seen"]
    look = Look(store)
    others = other_alerts(data, began, now, look)
    changes = around(changes_around(began, look), began, facts.ended, now)
    told = entries(facts, now)
    return Story(
        facts, told, lengths(facts, told), sorted([*changes, *related_alerts(data, began, others)]),
        likely_causes(changes, began), endings(data, others, number, now), runbook_of(data, context.config),
        look.partly,
    )  # fmt: skip


def _facts(alert: AlertDoc, number: int, episode: Episode, now: datetime, store: Store) -> Facts:
    notified, is_whole = pages(alert, number, episode, iso(now), made_between(store))
    sent = messages(notified, store)
    is_present = number == alert["episode"]
    group = store.get(f"groups/{alert['group']}") if is_present and alert["group"] and alert["told_at"] else None
    return Facts(
        alert, number, episode, _reason(alert, episode, store), _changes(alert, number, episode, store), sent,
        notices(sent, store) if episode.get("ended") else (), _digests(alert, number, episode, store),
        group.data["due_at"] if group else None, is_whole,
    )  # fmt: skip


def _reason(alert: AlertDoc, episode: Episode, store: Store) -> str:
    """Why the router decided as it did about the event that began *episode*."""
    event = store.get(f"events/{episode['event']}") if episode.get("event") else None
    handled = event.data["handled"].get("alert_router") if event else None
    reasons = (made["reason"] for made in (handled or {}).get("decisions", ()) if made["alert"] == alert["id"])
    return str(next(reasons, ""))


def _changes(alert: AlertDoc, number: int, episode: Episode, store: Store) -> list[ChangeDoc]:
    count = alert["changes"] if number == alert["episode"] else episode.get("changes", 0)
    if not count:
        return []
    ids = prefix(alert["id"], episode.get("began") or alert["first_seen"])
    docs = store.query(COLLECTION, after=Doc(f"{COLLECTION}/{ids}", {}, ""), limit=min(count, MOST))
    return [as_change(doc.data) for doc in docs if doc.id.startswith(ids)]


def _digests(alert: AlertDoc, number: int, episode: Episode, store: Store) -> list[tuple[str, str]]:
    """The digest that listed the episode while it fired, and if it is the last one, the last digest that listed it."""
    listed = episode.get("listed")
    docs = list(store.query("digests", where=[("created_at", "==", listed)])) if listed else []
    path = alert["digest"] if number == alert["episode"] else None
    docs += [last for last in [store.get(path) if path else None] if last]
    known = {doc.id: doc.data["created_at"] for doc in docs if alert["id"] in doc.data.get("members", ())}
    return [(id, at) for id, at in known.items() if at >= (episode.get("began") or "")]
