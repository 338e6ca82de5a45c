"""The verdict on an alert that should notify you: it notifies now, is held, or waits for the digest.

The same for a signal that has just arrived and for an alert whose hold ends.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.alerting.alert import AlertDoc, noted_in_episode, pending, rank
from shared.alerting.groups import group_of
from shared.alerting.hold_reasons import HOLD_REASONS, Verdict, flapping, not_muted
from shared.alerting.routes import Node, Settings, route, storm_id
from shared.alerting.situation import Situation
from shared.events import iso


def interrupts(alert: AlertDoc, settings: Settings) -> bool:
    """Whether an alert notifies on its route if no hold reason applies."""
    least = settings.interrupt_from
    return least != "never" and rank(alert["severity"]) >= rank(least)


def judge(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict:
    """The verdict on *alert*, which matches *routes*."""
    settings = routes[-1].settings
    if not interrupts(alert, settings):
        return _quiet(alert, settings, situation)
    verdicts = (reason(alert, routes, situation) for reason in HOLD_REASONS.values())
    return next((verdict for verdict in verdicts if verdict), Verdict("page", "notifies now"))


def _quiet(alert: AlertDoc, settings: Settings, situation: Situation) -> Verdict:
    if alert["severity"] != "critical" and (held := flapping(alert, (), situation)):
        return held
    reason = "its route never interrupts" if settings.interrupt_from == "never" else "waits for the digest"
    return Verdict("digest", f"{alert['severity']}, {reason}", "severity")


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert after its verdict. Its page is still to be made: that is its group's. `routes` are not muted."""

    alert: AlertDoc
    verdict: Verdict
    routes: tuple[Node, ...]


def judge_all(alerts: Iterable[AlertDoc], situation: Situation) -> Iterator[Judged]:
    """The verdict on each of *alerts* in turn. Those of one group that notify now share one page: it counts once."""
    for alert in alerts:
        routes = route(situation.rules.routes, alert["labels"])
        verdict = judge(alert, routes, situation)
        if verdict.path == "page":
            situation.paging.add(group_of(alert, routes))
        yield Judged(_carried_out(alert, verdict, routes, situation.now), verdict, not_muted(routes, situation))


def _carried_out(alert: AlertDoc, verdict: Verdict, routes: tuple[Node, ...], now: datetime) -> AlertDoc:
    cleared: AlertDoc = {**alert, "calls_at": None, "held": None}
    if verdict.path == "page":
        return {
            **cleared, "told_at": iso(now), "told_in": group_of(alert, routes), "group": group_of(alert, routes),
            "episodes": noted_in_episode(alert, {"told": iso(now)}), "pending": None, "unresolved": None,
        }  # fmt: skip
    if verdict.path == "hold" and verdict.until:
        return {
            **cleared, "group": storm_id(routes) if verdict.by == "flood" else group_of(alert, routes),
            "calls_at": iso(verdict.until), "pending": None,
            "held": {"by": verdict.by, "reason": verdict.reason, "since": iso(now)},
        }  # fmt: skip
    queued = pending(routes[-1].settings.digest, now, reason=verdict.reason, by=verdict.by)
    return {**cleared, "group": None, "pending": alert["pending"] or queued}
