"""Watches a step of a deploy: is the bundle worse than before, while new revisions get traffic?"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from opos.cloud.gcloud import CloudError
from opos.deploy.endpoints import failures
from opos.deploy.smoke import Smoke
from opos.deploy.target import Ground
from shared.deployments import Deployment
from shared.errors import OposError, Unavailable
from shared.services.slo.indicators import INDICATORS, counted
from shared.slo.burn_rate import BURN_RATE_ALERTS, FEW, Counts, Indicator, burn_rate, slot_of, total
from shared.values.timestamps import iso

PAUSE = 10.0
"""Seconds between two looks."""
MISSES = 2
"""How many looks in a row may fail because the store does not answer."""
FAST = BURN_RATE_ALERTS[0].rate
HOUR = timedelta(hours=1)


class Worse(OposError):
    """The new revisions make the bundle worse than before."""

    code = "worse"


class Seen(NamedTuple):
    """What one look shows about the time since the step began."""

    counts: Mapping[Indicator, Counts]
    new_errors: int
    old_errors: int
    failing: tuple[str, ...]


@dataclass
class Watch:
    """Compares the bundle with what it was when the watch was made, before *percent* of the traffic moved."""

    deployment: Deployment
    percent: int
    ground: Ground
    smoke: Smoke

    def __post_init__(self) -> None:
        self.began = self.ground.clock.now()
        self.hour_before = self._rates()
        self.before = self._counted()

    def bake(self) -> dict[str, Any]:
        """The figures of the step, after it was watched for the bake time. Raises Worse."""
        until = self.began + self.ground.deploy.bake
        while True:
            seen = self._patiently()
            if fault := self.verdict(seen):
                raise Worse(f"at {self.percent}% of the traffic, {fault}")
            if (left := (until - self.ground.clock.now()).total_seconds()) <= 0:
                return _figures(seen, self.percent, self.ground.clock.now() - self.began)
            self.ground.sleep(min(PAUSE, left))

    def _patiently(self) -> Seen:
        """A store that does not answer for a short time is no reason to roll back."""
        for _ in range(MISSES):
            with suppress(Unavailable):
                return self.look()
            self.ground.sleep(PAUSE)
        return self.look()

    def look(self) -> Seen:
        now = self._counted()
        since = {name: (now[name][0] - good, now[name][1] - bad) for name, (good, bad) in self.before.items()}
        report = self.smoke.report() if "health" in self.deployment.after else {}
        new = [self.deployment.after[function] for function in self._functions()]
        return Seen(since, self._errors(new), self._errors(self._old()), tuple(failures(report)))

    def verdict(self, seen: Seen) -> str:
        """What is worse than before; empty if nothing is."""
        for name, counts in seen.counts.items():
            target = self.ground.config.slos.objective(name).target
            rate = burn_rate(counts, target)
            if counts[1] >= FEW and rate >= max(FAST, 2 * self.hour_before[name]):
                return f"{name} burns its error budget {rate:.0f} times too fast: {counts[1]} of {sum(counts)} were bad"
        if more := set(seen.failing) - set(self.deployment.failing):
            return f"the health report has a new failure: {', '.join(sorted(more))}"
        # If the cause is outside, the old revisions fail as often, in proportion to their share of the traffic.
        expected = seen.old_errors * self.percent / max(100 - self.percent, 1)
        if seen.new_errors >= FEW and seen.new_errors > 2 * expected:
            return f"the new revisions answered {seen.new_errors} requests with 5xx, the old ones {seen.old_errors}"
        return ""

    def _counted(self) -> dict[Indicator, Counts]:
        """All counts of the slots since the step began."""
        first, now = slot_of(self.began), self.ground.clock.now()
        slots = counted(self.ground.store, first)
        return {name: total(slots[name], now, now - first) for name in INDICATORS}

    def _rates(self) -> dict[Indicator, float]:
        """The burn rates of the hour before: you can deploy a fix while an error budget burns."""
        slots, slos = counted(self.ground.store, self.began - HOUR), self.ground.config.slos
        return {
            name: burn_rate(total(slots[name], self.began, HOUR), slos.objective(name).target) for name in INDICATORS
        }

    def _old(self) -> list[str]:
        return [revision for function in self._functions() for revision in self.deployment.before.get(function, {})]

    def _functions(self) -> list[str]:
        """The functions whose errors count. Those of health do not: it reports failures with a 503."""
        return [function for function in self.deployment.after if function != "health"]

    def _errors(self, revisions: list[str]) -> int:
        """How many requests the revisions failed since the step began; 0 if the log cannot be read."""
        if not revisions:
            return 0
        try:
            return len(self.ground.gcloud.json("logging", "read", _filter(revisions, self.began), "--limit=500") or [])
        except CloudError:
            return 0


def _filter(revisions: list[str], since: datetime) -> str:
    names = " OR ".join(f'"{name}"' for name in revisions)
    return (
        f'resource.type="cloud_run_revision" AND resource.labels.revision_name=({names})'
        f' AND httpRequest.status>=500 AND timestamp>="{iso(since)}"'
    )


def _figures(seen: Seen, percent: int, took: timedelta) -> dict[str, Any]:
    counts = {name: list(count) for name, count in seen.counts.items() if sum(count)}
    return {"percent": percent, "seconds": round(took.total_seconds()), "counts": counts, "errors": seen.new_errors}
