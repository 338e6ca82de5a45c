"""What nothing else keeps about an alert: who acted and from where, how its severity rose, and notes.

Each change is a document of its own, `alert_changes/{alert}.{start of the episode}.{number}`, created in the commit of
the change. Numbers have no gaps: the alert counts its changes, so that of two at the same time one conflicts.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypedDict, cast

from shared.alerting.alert import KEEP, AlertDoc, rank
from shared.alerting.state_machine import OPEN
from shared.events import iso
from shared.ports import Create
from shared.ports.field_paths import EXPIRY

COLLECTION = "alert_changes"
LONGEST_NOTE = 2000
"""How many characters a note may have."""
Kind = Literal["acknowledge", "snooze", "resolve", "severity", "note"]


class Person(NamedTuple):
    """Who made a change, and on which device, as far as it is known."""

    who: str = ""
    device: str = ""


NOBODY = Person()


class ChangeDoc(TypedDict):
    """A document of `alert_changes`. `via` is `link`, `console`, `cli` or `sender`; `until` ends an act.

    `text` is that of a note, or the severity that the alert rose to in `event`.
    """

    alert: str
    number: int
    at: str
    kind: Kind
    via: str
    who: str
    device: str
    until: str | None
    text: str
    event: str
    expires_at: str


def as_change(data: Mapping[str, Any]) -> ChangeDoc:
    """*data* of a document in `alert_changes`, which is a change because this module made it."""
    return cast("ChangeDoc", data)


def prefix(alert: str, episode_began: str) -> str:
    """How the ids of the changes of an episode begin; in their order, the changes are in theirs."""
    return f"{alert}.{episode_began}."


def change(
    alert: AlertDoc, kind: Kind, now: datetime, *, via: str, person: Person = NOBODY, until: str | None = None,
    text: str = "", event: str = "",
) -> tuple[AlertDoc, Create]:  # fmt: skip
    """*alert* with one more change, and the document of that change."""
    number = alert["changes"] + 1
    content: ChangeDoc = {
        "alert": alert["id"], "number": number, "at": iso(now), "kind": kind, "via": via, "who": person.who,
        "device": person.device, "until": until, "text": text, "event": event, EXPIRY: iso(now + KEEP),
    }  # fmt: skip
    path = f"{COLLECTION}/{prefix(alert['id'], alert['first_seen'])}{number:06}"
    return {**alert, "changes": number}, Create(path, content)


def with_sender_changes(
    before: Mapping[str, AlertDoc], after: Mapping[str, AlertDoc], event: str, now: datetime
) -> tuple[dict[str, AlertDoc], list[Create]]:
    """The alerts *after* an event with their changes counted, and these: only what a sender acknowledged or raised."""
    alerts, created = dict(after), list[Create]()
    for id, known in before.items():
        for kind, text in _by_sender(known, alerts.get(id)):
            until = alerts[id]["until"] if kind == "acknowledge" else None
            alerts[id], document = change(
                alerts[id], kind, now, via="sender", until=until, text=text, event=event
            )  # fmt: skip
            created.append(document)
    return alerts, created


def _by_sender(before: AlertDoc, after: AlertDoc | None) -> Iterator[tuple[Kind, str]]:
    """What an event changed in an alert within its episode."""
    if after is None or before["state"] not in OPEN or before["episode"] != after["episode"]:
        return
    if rank(after["severity"]) > rank(before["severity"]):
        yield "severity", after["severity"]
    if after["state"] == "acknowledged" and after["acknowledged_at"] != before["acknowledged_at"]:
        yield "acknowledge", ""


def notes(changes: Iterable[ChangeDoc]) -> list[ChangeDoc]:
    return [change for change in changes if change["kind"] == "note"]
