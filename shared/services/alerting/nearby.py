"""What the store knows around an episode of an alert. Each question reads a bounded number of documents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.related import AROUND, BEFORE, SIMILAR, Happening, flag_changes
from shared.deployments import Deployment, latest
from shared.events import iso
from shared.ports import Condition, Doc, Store
from shared.ports.terms import term
from shared.values.local_time import as_datetime
from shared.values.text import counted, one_line
from shared.values.words import words

PAGES, GROUP, FIRING, CLOSED, OTHERS, DEPLOYMENTS, FLAGS = 50, 20, 100, 30, 20, 20, 50
"""How many documents each question reads: notifications around it and of the last month, its group, alerts that fire,
alerts closed on its day or about its rule in a month, alerts that notifications name, deployments, flags."""

_ENDS = {"done": "took all traffic", "rolled_back": "was rolled back", "left": "failed and was not rolled back"}


@dataclass(frozen=True, slots=True)
class Look:
    """Reads around an episode. `partly` names what there may be more of than was read, such as `100 firing alerts`."""

    store: Store
    partly: list[str] = field(default_factory=list)

    def docs(self, noun: str, collection: str, limit: int, **query: Any) -> list[Doc]:
        docs = list(self.store.query(collection, limit=limit, **query))
        self.note(noun, len(docs), limit)
        return docs

    def note(self, noun: str, number: int, limit: int) -> None:
        words = counted(limit, noun)
        if number >= limit and words not in self.partly:
            self.partly.append(words)


def other_alerts(alert: AlertDoc, began: str, now: datetime, look: Look) -> list[AlertDoc]:
    """Alerts that may be related: firing, closed on that day, in its group, of its rule, or named by notifications."""
    grouped: list[Condition] = [("group", "==", alert["group"])]
    members = look.docs("grouped alert", "alerts", GROUP, where=grouped) if alert["group"] else []
    firing = look.docs("firing alert", "alerts", FIRING, where=[("state", "==", "firing")])
    known = {doc.id: doc for doc in (*members, *firing, *_closed(alert, began, now, look))}
    known |= {doc.id: doc for doc in _named(_pages_around(alert, began, now, look), known, look)}
    return [as_alert(doc.data) for doc in known.values() if doc.id != alert["id"] and doc.data.get("kind") == "alert"]


def _closed(alert: AlertDoc, began: str, now: datetime, look: Look) -> Iterator[Doc]:
    """Alerts closed on the day of the start of the episode, and of this month and the last those of its rule."""
    start = as_datetime(began)
    days = {iso(start - AROUND)[:10], iso(start + AROUND)[:10]}
    word = max(words(alert["labels"].get("alertname", "")), key=len, default="")
    months = {iso(now)[:7], iso(now - SIMILAR)[:7]} if word else set()
    for listed in sorted({term("", day) for day in days} | {term(word, month) for month in months}):
        yield from look.docs("closed alert", "alerts", CLOSED, where=[("terms", "contains", listed)])


def _pages_around(alert: AlertDoc, began: str, now: datetime, look: Look) -> Iterator[Doc]:
    """Notifications within an hour of the start of the episode, and those of the last month about the same rule."""
    start = as_datetime(began)
    near: list[Condition] = [
        ("created_at", ">=", iso(start - AROUND)), ("created_at", "<=", iso(start + AROUND)),
    ]  # fmt: skip
    yield from look.docs("notification", "outbox", PAGES, where=near, order_by="created_at")
    month: list[Condition] = [("created_at", ">=", iso(now - SIMILAR))]
    newest = look.store.query("outbox", where=month, order_by="created_at", descending=True, limit=PAGES)
    rule = alert["labels"].get("alertname")
    yield from (page for page in newest if ((page.data["cause"] or {}).get("labels") or {}).get("alertname") == rule)


def _named(pages: Iterable[Doc], known: Iterable[str], look: Look) -> Iterator[Doc]:
    """The alerts that *pages* name, except the *known* ones."""
    ids = dict.fromkeys(id for page in pages for id in (page.data["cause"] or {}).get("alerts") or [])
    unknown = [id for id in ids if id not in set(known)]
    look.note("notified alert", len(unknown) - 1, OTHERS)  # one more than that was not read
    docs = (look.store.get(f"alerts/{id}") for id in islice(unknown, OTHERS))
    yield from (doc for doc in docs if doc)


def changes_around(began: str, look: Look) -> list[Happening]:
    """The deployments and overrides of flags that may have been in force or under way around *began*."""
    since = iso(as_datetime(began) - BEFORE)
    recent: list[Condition] = [("until", ">", since)]
    overridden = look.docs("overridden flag", "overrides", FLAGS, where=recent, order_by="until", descending=True)
    flags = [change for doc in overridden for change in flag_changes(doc.id, doc.data["history"])]
    return [*_deployments(since, look), *flags]


def _deployments(since: str, look: Look) -> Iterator[Happening]:
    """The last deployments, each when it ended, or when it began if it is not over."""
    deployments = latest(look.store, DEPLOYMENTS)
    if deployments and deployments[-1].began_at > since:
        look.note("deployment", len(deployments), DEPLOYMENTS)
    for deployment, before in zip_longest(deployments, deployments[1:]):
        at = deployment.ended_at or deployment.began_at
        files, why = _files(deployment, before), f": {deployment.reason}" if deployment.reason else ""
        end = _ENDS.get(deployment.phase, "began")
        text = f"Deployment {deployment.number} to {deployment.target} {end}, by {deployment.by}{files}{why}"
        yield Happening(at, "deployment", one_line(text), str(deployment.number), is_change=True)


def _files(deployment: Deployment, before: Deployment | None) -> str:
    """Which of the operator's files differ from those of the deployment *before*."""
    if before is None or before.target != deployment.target:
        return ""
    names = {"config": "opos.yaml", "flags": "flags.yaml"}
    changed = [file for name, file in names.items() if getattr(deployment, name) != getattr(before, name)]
    return f" with a changed {' and '.join(changed)}" if changed else ""
