"""What becomes of an alert that wants attention: it interrupts now, is held back for a while, or waits for the digest.

The same for a signal that has just come and for a wait that is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.alerting.alert import Document, noted_in_episode, pending, rank
from shared.alerting.hold_reasons import TESTS, Surroundings, Verdict, audible, flapping, group_of
from shared.alerting.routes import Node, Settings, flood_id
from shared.events import iso


def interrupts(alert: Mapping[str, Any], settings: Settings) -> bool:
    """Whether an alert is worth an interruption on its route, if nothing else is in the way."""
    least = settings.interrupt_from
    return least != "never" and rank(alert["severity"]) >= rank(least)


def judge(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> Verdict:
    """The verdict on *alert*, which takes the routes *taken*."""
    settings = taken[-1].settings
    if not interrupts(alert, settings):
        return _quiet(alert, settings, around)
    found = (test(alert, taken, around) for test in TESTS.values())
    return next((one for one in found if one), Verdict("page", "interrupts at once"))


def _quiet(alert: Mapping[str, Any], settings: Settings, around: Surroundings) -> Verdict:
    if alert["severity"] != "critical" and (damped := flapping(alert, (), around)):
        return damped
    said = "its route never interrupts" if settings.interrupt_from == "never" else "waits for the digest"
    return Verdict("digest", f"{alert['severity']}, {said}", "severity")


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with its verdict carried out, but for the page: that is its group's. `taken`: the routes that tell."""

    alert: Document
    verdict: Verdict
    taken: tuple[Node, ...]


def tell_all(candidates: Sequence[tuple[Document, tuple[Node, ...]]], around: Surroundings) -> Iterator[Told]:
    """The verdict on each in turn. Those of one group that interrupt at once are one page: it counts once."""
    paging: set[str] = set()
    left = around.interruptions_left
    for alert, taken in candidates:
        group = group_of(alert, taken)
        pages_left = 1 if group in paging else around.pages_left - len(paging)
        now_left = left if left is None or group in paging else left - len(paging)
        verdict = judge(alert, taken, replace(around, pages_left=pages_left, interruptions_left=now_left))
        if verdict.path == "page":
            paging.add(group)
        yield Told(_carried_out(alert, verdict, taken, around.now), verdict, audible(taken, around))


def _carried_out(alert: Document, verdict: Verdict, taken: tuple[Node, ...], now: datetime) -> Document:
    cleared = {**alert, "calls_at": None, "held": None}
    if verdict.path == "page":
        episodes = noted_in_episode(alert, told=iso(now))
        told: Document = {"told_at": iso(now), "told_in": group_of(alert, taken), "episodes": episodes}
        told |= {"pending": None, "unresolved": None}
        return {**cleared, **told, "group": group_of(alert, taken)}
    if verdict.path == "hold" and verdict.until:
        group = flood_id(taken) if verdict.by == "flood" else group_of(alert, taken)
        held = {"by": verdict.by, "reason": verdict.reason, "since": iso(now)}
        return {**cleared, "group": group, "calls_at": iso(verdict.until), "held": held, "pending": None}
    queued = pending(taken[-1].settings.digest, now, reason=verdict.reason, by=verdict.by)
    return {**cleared, "group": None, "pending": alert["pending"] or queued}
