"""How noisy each rule is: how often it interrupted you, how often you acted on it, and what to change.

A rule is a source and an alertname. You acted on an interruption if you acknowledged, snoozed or resolved it. It
resolved on its own if its sender resolved it within minutes, before you acted. If it still fires, or fired for hours,
it may be an outage that you are busy with: it is neither, and no reason to mute the rule.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.alerting.matchers import Matcher
from shared.alerting.route_suggestions import WISHES, route_lines

QUICKLY = timedelta(minutes=10)
LONG = timedelta(hours=2)
"""An alert that fires for so long is not noise, although nobody acknowledges it."""
ENOUGH = 3
"""Interruptions of a rule, except lasting ones, before it gets advice."""
OFTEN = 10
Advice = Literal["raise the delay", "demote", "delete", ""]


@dataclass(frozen=True, slots=True)
class Noise:
    """`fired` counts episodes, `told` those that interrupted you; `lasting` of these last, or lasted, without an act.

    You acted on the part `precision` of the others. `is_open`: one of them still fires.
    """

    source: str
    alertname: str
    fired: int
    told: int
    acted: int
    by_itself: int
    lasting: int
    cost: float
    longest_by_itself: timedelta
    is_open: bool

    @property
    def judged(self) -> int:
        """The interruptions of which it is known whether they were necessary."""
        return self.told - self.lasting

    @property
    def precision(self) -> float:
        return self.acted / self.judged if self.judged else 1.0

    @property
    def score(self) -> float:
        """The number of unnecessary interruptions."""
        return round(self.judged * (1 - self.precision), 1)

    @property
    def advice(self) -> Advice:
        if self.judged < ENOUGH or self.precision > 1 / 3:
            return ""
        if self.by_itself >= self.judged / 2:
            return "raise the delay"
        if self.is_open:
            return ""
        return "delete" if self.acted == 0 and self.fired >= OFTEN else "demote"

    @property
    def lines(self) -> str:
        """The line for opos.yaml, under `routes:` of the route, before the others."""
        matchers = [str(Matcher("source", "=", self.source)), str(Matcher("alertname", "=", self.alertname))]
        pause = min(15, max(2, -(-int(self.longest_by_itself.total_seconds()) // 60)))
        change = f"auto_pause: {pause}m" if self.advice == "raise the delay" else WISHES["never"]
        return route_lines(matchers, change) if self.advice else ""


def noise(alerts: Iterable[Mapping[str, Any]], costs: Mapping[tuple[str, str], float], *, since: str) -> list[Noise]:
    """The rules of the episodes that began at or after *since*, noisiest first."""
    rules: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for alert in alerts:
        episodes = [episode for episode in alert["episodes"] if episode.get("began", "") >= since]
        rules.setdefault(rule_of(alert), []).extend(episodes)
    noises = [_noise(rule, episodes, costs.get(rule, 0.0)) for rule, episodes in rules.items() if episodes]
    return sorted(noises, key=lambda noise: (-noise.score, -noise.told, noise.source, noise.alertname))


def costs_by_rule(
    pages: Iterable[Mapping[str, Any]], alerts: Mapping[str, Mapping[str, Any]]
) -> Counter[tuple[str, str]]:
    """What the *pages* of each rule cost. A page about several alerts counts in parts. *alerts* are given by id."""
    costs: Counter[tuple[str, str]] = Counter()
    for page in pages:
        ids = (page.get("cause") or {}).get("alerts") or []
        for id in ids:
            costs[rule_of(alerts[id]) if id in alerts else ("", "")] += page["cost"] / len(ids)
    return costs


def rule_of(alert: Mapping[str, Any]) -> tuple[str, str]:
    """The source and the alertname of *alert*."""
    return str(alert["source"]), str(alert["labels"].get("alertname", ""))


def _noise(rule: tuple[str, str], episodes: Sequence[Mapping[str, Any]], cost: float) -> Noise:
    told = [episode for episode in episodes if episode.get("told")]
    quick = [length for episode in told if (length := _on_its_own(episode)) is not None]
    return Noise(
        *rule,
        fired=len(episodes),
        told=len(told),
        acted=sum("acted" in episode for episode in told),
        by_itself=len(quick),
        lasting=sum(_lasts(episode) for episode in told),
        cost=round(cost, 2),
        longest_by_itself=max(quick, default=timedelta(0)),
        is_open=any(not episode.get("ended") for episode in told),
    )


def _on_its_own(episode: Mapping[str, Any]) -> timedelta | None:
    """The length of an episode that resolved on its own within minutes, else None."""
    length = _length(episode)
    return length if "acted" not in episode and length is not None and length <= QUICKLY else None


def _lasts(episode: Mapping[str, Any]) -> bool:
    """Whether nobody has acted on an episode that has not ended, or took long."""
    length = _length(episode)
    return "acted" not in episode and (length is None or length >= LONG)


def _length(episode: Mapping[str, Any]) -> timedelta | None:
    """How long the alert fired in *episode*; None if it still fires."""
    if not episode.get("ended"):
        return None
    return datetime.fromisoformat(episode["ended"]) - datetime.fromisoformat(episode["began"])
