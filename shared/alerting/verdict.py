"""The verdict on an alert that should notify you: it notifies now, is held, or waits for the digest.

Each route that the alert matches decides for itself, and no route takes back what another one decides. So an alert
notifies you now if one of its routes does, or else it is held if one of them holds it, or else it waits for the digest.
The same for a signal that has just arrived and for an alert whose hold ends.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from shared.alerting.alert import Again, AlertDoc, noted_in_episode, pending, with_hold
from shared.alerting.groups import group_of
from shared.alerting.hold_reasons import (
    HOLD_REASONS,
    ROUTE_REASONS,
    Outcome,
    Ready,
    Verdict,
    late_reason,
    page_channels,
)
from shared.alerting.routes import Node, route, storm_id
from shared.alerting.situation import Situation
from shared.events import iso

_NOW = Verdict("page", "notifies now")
_PRECEDENCE: tuple[Outcome, ...] = ("page", "hold", "digest", "record")


@dataclass(frozen=True)
class Verdicts:
    """The verdict of each route that an alert matches, in their order."""

    by_route: tuple[tuple[Node, Verdict], ...]

    @cached_property
    def _decisive(self) -> Verdict:
        """The verdict that outranks the others: of several holds the one that ends first, else the last."""
        verdicts = [verdict for _, verdict in self.by_route]
        path = min((verdict.path for verdict in verdicts), key=_PRECEDENCE.index)
        ranked = [verdict for verdict in verdicts if verdict.path == path]
        return min(ranked, key=_end) if path == "hold" else ranked[-1]

    @property
    def verdict(self) -> Verdict:
        """The verdict on the alert. If some routes notify later than others, its reason says why."""
        held = [(node, verdict) for node, verdict in self.by_route if verdict.path == "hold"]
        if self._decisive.path != "page" or not held:
            return self._decisive
        later = "; ".join(f"{node.settings.channel} later: {verdict.reason}" for node, verdict in held)
        return replace(self._decisive, reason=f"{self._decisive.reason}; {later}")

    @property
    def routes(self) -> tuple[Node, ...]:
        """The routes that decide so."""
        decisive = (self._decisive.path, self._decisive.by)
        return tuple(node for node, verdict in self.by_route if (verdict.path, verdict.by) == decisive)

    @property
    def joining(self) -> tuple[Node, ...]:
        """The routes that begin to escalate without a page."""
        return tuple(node for node, verdict in self.by_route if verdict.joins)

    @property
    def until(self) -> datetime | None:
        """When the first of the routes that hold the alert checks it again."""
        ends = [verdict.until for _, verdict in self.by_route if verdict.until]
        return min(ends, default=None)


def _end(verdict: Verdict) -> str:
    return iso(verdict.until) if verdict.until else ""


def judge(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdict:
    """The verdict on *alert*, which matches *routes*."""
    return judge_by_route(alert, routes, situation).verdict


def judge_by_route(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Verdicts:
    """What each of the *routes* that *alert* matches decides about it."""
    own = [(node, _own_verdict(alert, node, situation)) for node in routes]
    ready = tuple(node for node, verdict in own if verdict is None)
    shared = _shared_verdict(alert, Ready(ready, routes), situation) if ready else _NOW
    return Verdicts(tuple((node, verdict or shared) for node, verdict in own))


def _own_verdict(alert: AlertDoc, node: Node, situation: Situation) -> Verdict | None:
    verdicts = (reason(alert, node, situation) for reason in ROUTE_REASONS.values())
    return next((verdict for verdict in verdicts if verdict), None)


def _shared_verdict(alert: AlertDoc, ready: Ready, situation: Situation) -> Verdict:
    """What becomes of *alert* on the routes that are *ready* to notify."""
    verdicts = (reason(alert, ready, situation) for reason in HOLD_REASONS.values())
    return next((verdict for verdict in verdicts if verdict), _NOW)


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert after its verdict. Its page is still to be made: that is its group's.

    `matched` are all its routes, `routes` those of them that decided, `joining` those that escalate from now on without
    a page.
    """

    alert: AlertDoc
    verdict: Verdict
    routes: tuple[Node, ...]
    matched: tuple[Node, ...]
    joining: tuple[Node, ...] = ()


def judge_all(alerts: Iterable[AlertDoc], situation: Situation) -> Iterator[Judged]:
    """The verdict on each of *alerts* in turn. Those of one group that notify now share one page: it counts once."""
    for alert in alerts:
        matched = route(situation.rules.routes, alert["labels"])
        verdicts = judge_by_route(alert, matched, situation)
        verdict = verdicts.verdict
        if verdict.path == "page":
            channels = page_channels(alert, Ready(verdicts.routes, matched), situation)
            situation.paging.setdefault(group_of(alert, matched), set()).update(channels)
        changed = _carried_out(alert, verdicts, matched, situation)
        yield Judged(changed, verdict, verdicts.routes, matched, verdicts.joining)


def _carried_out(alert: AlertDoc, verdicts: Verdicts, matched: tuple[Node, ...], situation: Situation) -> AlertDoc:
    verdict, until, group, now = verdicts.verdict, verdicts.until, group_of(alert, matched), situation.now
    told_on = [*alert["told_on"], *(node.key for node in verdicts.joining)]
    cleared: AlertDoc = {**alert, "calls_at": iso(until) if until else None, "held": None, "told_on": told_on}
    if verdict.path == "page":
        return {
            **cleared, "told_at": iso(now), "told_in": group, "open_in": group, "group": group,
            "pending": None, "unresolved": None,
            "told_on": [*told_on, *(node.key for node in verdicts.routes)],
            "again": _again(alert, verdicts.routes, situation),
            "episodes": noted_in_episode(alert, {"told": iso(now)}),
        }  # fmt: skip
    if verdict.path == "hold":
        joins_storm = verdict.by == "flood" and not alert["told_on"]
        return {
            **cleared, "group": storm_id(matched) if joins_storm else group, "pending": None,
            "held": {"by": verdict.by, "reason": verdict.reason, "since": iso(now)},
            "episodes": with_hold(alert, verdict.by, verdict.reason, now),
        }  # fmt: skip
    if verdict.path == "record" or alert["told_on"]:
        return cleared
    queued = pending(verdicts.routes[-1].settings.digest, now, reason=verdict.reason, by=verdict.by)
    return {**cleared, "group": None, "pending": alert["pending"] or queued}


def _again(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> Again | None:
    """Why *alert* notifies on *routes*: if it has notified on others only, then because of what has held these."""
    again = alert["again"]
    places = (again and again["reached"]) or {}
    is_late = alert["told_on"] or (places and not any(node.key in places for node in routes))
    return {"why": late_reason(alert, routes, situation), "reached": places or None} if is_late else again
