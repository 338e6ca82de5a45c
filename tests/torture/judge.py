"""What came of it: from the canonical state, and from what arrived at the receiver."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.ports import Doc, Store
from tests.torture.bundles import Bundle
from tests.torture.receiver import Receiver
from tests.torture.senders import alert_of, severity_of

SENDERS = {"alert_router", "digest_sender", "sweeper", "the bundle"}
GRACE = 4.0
"""Seconds after a message's arrival within which its receipt is written, unless something is killed or cut."""


@dataclass
class Verdict:
    """Each list names what is wrong, and must be empty; `sent_twice` names the message and why."""

    unique: int = 0
    lost: list[str] = field(default_factory=list)
    changed_twice: list[str] = field(default_factory=list)
    critical_missing: list[str] = field(default_factory=list)
    critical_in_two_messages: list[str] = field(default_factory=list)
    digest_missing: list[str] = field(default_factory=list)
    in_two_digests: list[str] = field(default_factory=list)
    not_arrived: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    wrong_records: list[str] = field(default_factory=list)
    sent_twice: list[str] = field(default_factory=list)
    criticals: int = 0
    pages: int = 0
    told: int = 0
    digests: int = 0
    dead_letters: int = 0

    @property
    def faults(self) -> dict[str, list[str]]:
        return {name: value for name, value in vars(self).items() if value and name in _MUST_BE_EMPTY}


_MUST_BE_EMPTY = {
    "lost", "changed_twice", "critical_missing", "critical_in_two_messages", "digest_missing", "in_two_digests",
    "not_arrived", "unexplained", "wrong_records",
}  # fmt: skip


def judge(bundle: Bundle, receiver: Receiver, unique: int) -> Verdict:
    store, verdict = bundle.store, Verdict(unique=unique)
    alerts = {doc.data["title"]: doc for doc in store.query("alerts") if doc.data["source"] == "app"}
    _judge_events(store, unique, verdict)
    _judge_alerts(alerts, unique, verdict)
    _judge_messages(store, alerts, verdict)
    _judge_arrivals(store, receiver, verdict)
    verdict.dead_letters = store.count("dead_letters")
    for title, times in receiver.twice.items():
        why = next(_causes(bundle, times), None)
        (verdict.sent_twice if why else verdict.unexplained).append(f"{title} x{len(times)}: {why}")
    return verdict


def _judge_events(store: Store, unique: int, verdict: Verdict) -> None:
    events = {doc.data["delivery_id"]: doc for doc in store.query("events") if doc.data["source"] == "app"}
    for id in (f"msg_{n}" for n in range(unique)):
        if id not in events or events[id].data["state"] != "handled":
            verdict.lost.append(id)
        elif list(events[id].data["handled"]) != ["alert_router"]:
            verdict.changed_twice.append(id)


def _judge_alerts(alerts: dict[str, Doc], unique: int, verdict: Verdict) -> None:
    expected = Counter(f"Trouble {alert_of(n)}" for n in range(unique))
    found = {title: doc.data["count"] for title, doc in alerts.items()}
    verdict.changed_twice += [
        f"{title}: {found.get(title)} of {n}" for title, n in expected.items() if found.get(title, n) != n
    ]
    verdict.lost += [title for title in expected if title not in found]


def _judge_messages(store: Store, alerts: dict[str, Doc], verdict: Verdict) -> None:
    pages = [doc.data for doc in store.query("outbox") if doc.data["state"] == "sent"]
    named = Counter(alert for page in pages if page["cause"]["kind"] != "again" for alert in page["cause"]["alerts"])
    carried = Counter(
        member for doc in store.query("digests") if doc.data["state"] == "sent" for member in doc.data["members"]
    )
    verdict.pages, verdict.digests = len(pages), store.count("digests")
    verdict.told = sum(page["cause"]["total"] for page in pages if page["cause"]["kind"] != "again")
    for title, doc in alerts.items():
        if severity_of(int(title.split()[-1])) == "critical":
            _judge_critical(title, doc, named[doc.id], carried[doc.id], verdict)
        elif carried[doc.id] != 1:
            (verdict.in_two_digests if carried[doc.id] else verdict.digest_missing).append(title)
    if verdict.told < verdict.criticals:
        verdict.critical_missing.append(f"pages told of {verdict.told} of {verdict.criticals}")


def _judge_critical(title: str, doc: Doc, named: int, carried: int, verdict: Verdict) -> None:
    """A page names the first 400 of its alerts, and counts all."""
    verdict.criticals += 1
    if not doc.data["told_at"] or not doc.data["told_in"]:
        verdict.critical_missing.append(title)
    if named + carried > 1:
        verdict.critical_in_two_messages.append(title)


def _judge_arrivals(store: Store, receiver: Receiver, verdict: Verdict) -> None:
    sent = [doc.data["notice"]["title"] for name in ("outbox", "digests") for doc in store.query(name)]
    verdict.not_arrived = [title for title in sent if title not in receiver.arrivals]


def _causes(bundle: Bundle, times: list[float]) -> Iterator[str]:
    """What was killed or cut between the arrival of a message and the moment its receipt would have been written."""
    for at, name in bundle.kills:
        if name in SENDERS and any(0 <= at - arrived <= GRACE for arrived in times[:-1]):
            yield f"{name} was killed between send and receipt"
    for began, ended in bundle.cuts:
        if any(began - GRACE <= arrived <= ended for arrived in times[:-1]):
            yield "the store was unreachable between send and receipt"


def summary(verdict: Verdict) -> dict[str, Any]:
    """The lists as their lengths, but for the messages that were sent twice, which are named."""
    return {
        name: len(value) if isinstance(value, list) and name != "sent_twice" else value
        for name, value in vars(verdict).items()
    }
