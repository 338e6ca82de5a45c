"""How noisy each rule is: how often it interrupted, how often somebody acted on it, and what to change.

A rule is a source and an alertname. An interruption was acted on when a person acknowledged, snoozed or resolved it; it
resolved by itself when its sender said so within minutes, before anybody did anything.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.alerting.matchers import Matcher
from shared.alerting.route_suggestions import WISHES, route_lines

QUICKLY = timedelta(minutes=10)
ENOUGH = 3
"""Interruptions of a rule before anything is said about it."""
OFTEN = 10
Advice = Literal["raise the delay", "demote", "delete", ""]


@dataclass(frozen=True, slots=True)
class Noise:
    """`fired` counts episodes; `told` those that interrupted. `precision` is the share of these that was acted on."""

    source: str
    alertname: str
    fired: int
    told: int
    acted: int
    by_itself: int
    cost: float
    longest_by_itself: timedelta

    @property
    def precision(self) -> float:
        return self.acted / self.told if self.told else 1.0

    @property
    def score(self) -> float:
        """Interruptions for nothing."""
        return round(self.told * (1 - self.precision), 1)

    @property
    def advice(self) -> Advice:
        if self.told < ENOUGH or self.precision > 1 / 3:
            return ""
        if self.by_itself >= self.told / 2:
            return "raise the delay"
        return "delete" if self.acted == 0 and self.fired >= OFTEN else "demote"

    @property
    def lines(self) -> str:
        """What to write into opos.yaml, under `routes:` of the route, before the others."""
        matchers = [str(Matcher("source", "=", self.source)), str(Matcher("alertname", "=", self.alertname))]
        pause = min(15, max(2, -(-int(self.longest_by_itself.total_seconds()) // 60)))
        change = f"auto_pause: {pause}m" if self.advice == "raise the delay" else WISHES["never"]
        return route_lines(matchers, change) if self.advice else ""


def noise(alerts: Iterable[Mapping[str, Any]], costs: Mapping[tuple[str, str], float], *, since: str) -> list[Noise]:
    """Of all *alerts* with an episode that began after *since*, the noisiest rule first."""
    rules: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for alert in alerts:
        episodes = [one for one in alert["episodes"] if one.get("began", "") >= since]
        rules.setdefault(rule_of(alert), []).extend(episodes)
    found = [_noise(rule, episodes, costs.get(rule, 0.0)) for rule, episodes in rules.items() if episodes]
    return sorted(found, key=lambda one: (-one.score, -one.told, one.source, one.alertname))


def costs_by_rule(
    pages: Iterable[Mapping[str, Any]], alerts: Mapping[str, Mapping[str, Any]]
) -> Counter[tuple[str, str]]:
    """What the *pages* of each rule cost; one that told of several is shared among them. *alerts* are known by id."""
    costs: Counter[tuple[str, str]] = Counter()
    for page in pages:
        told = (page.get("cause") or {}).get("alerts") or []
        for id in told:
            costs[rule_of(alerts[id]) if id in alerts else ("", "")] += page["cost"] / len(told)
    return costs


def rule_of(alert: Mapping[str, Any]) -> tuple[str, str]:
    """The source and the alertname of *alert*."""
    return str(alert["source"]), str(alert["labels"].get("alertname", ""))


def _noise(rule: tuple[str, str], episodes: Sequence[Mapping[str, Any]], cost: float) -> Noise:
    told = [one for one in episodes if one.get("told")]
    quick = [lasted for one in told if (lasted := _by_itself(one)) is not None]
    return Noise(
        *rule, fired=len(episodes), told=len(told), acted=sum("acted" in one for one in told), by_itself=len(quick),
        cost=round(cost, 2), longest_by_itself=max(quick, default=timedelta(0)),
    )  # fmt: skip


def _by_itself(episode: Mapping[str, Any]) -> timedelta | None:
    """How long an episode lasted that went away by itself within minutes; None for any other."""
    if "acted" in episode or not episode.get("ended"):
        return None
    lasted = datetime.fromisoformat(episode["ended"]) - datetime.fromisoformat(episode["began"])
    return lasted if lasted <= QUICKLY else None
