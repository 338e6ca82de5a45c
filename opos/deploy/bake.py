"""Is it worse than before? Asked again and again while traffic moves to new revisions."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from opos.cloud.gcloud import CloudError
from opos.deploy.http import failing
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
"""So many times in a row it may not be possible to look."""
FAST = BURN_RATE_ALERTS[0].rate
HOUR = timedelta(hours=1)


class Worse(OposError):
    """What is new makes the bundle worse than it was."""

    code = "worse"


class Seen(NamedTuple):
    """What one look has found since the step began."""

    counts: Mapping[Indicator, Counts]
    new_errors: int
    old_errors: int
    failing: tuple[str, ...]


@dataclass
class Watch:
    """From *began* on, with *percent* of the traffic on the revisions of *deployment*."""

    deployment: Deployment
    percent: int
    ground: Ground
    smoke: Smoke

    def __post_init__(self) -> None:
        self.began = self.ground.clock.now()
        self.hour_before = self._rates()
        self.before = self._counted()

    def bake(self) -> dict[str, Any]:
        """Watch for as long as it is to bake, and at least once; the figures. Raises Worse."""
        until = self.began + self.ground.deploy.bake
        while True:
            seen = self._patiently()
            if fault := self.verdict(seen):
                raise Worse(f"at {self.percent} % of the traffic {fault}")
            if (left := (until - self.ground.clock.now()).total_seconds()) <= 0:
                return _figures(seen, self.percent, self.ground.clock.now() - self.began)
            self.ground.sleep(min(PAUSE, left))

    def _patiently(self) -> Seen:
        """A store that does not answer for a moment is no reason to give up."""
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
        return Seen(since, self._errors(new), self._errors(self._old()), tuple(failing(report)))

    def verdict(self, seen: Seen) -> str:
        """What is worse; empty where nothing is."""
        for name, counts in seen.counts.items():
            target = self.ground.config.slos.objective(name).target
            rate = burn_rate(counts, target)
            if counts[1] >= FEW and rate >= max(FAST, 2 * self.hour_before[name]):
                return f"{name} burns its error budget {rate:.0f} times too fast: {counts[1]} of {sum(counts)} were bad"
        if more := set(seen.failing) - set(self.deployment.failing):
            return f"the health report has a new failure: {', '.join(sorted(more))}"
        # The old revisions fail as often, where the cause is outside: their share of the traffic says how often.
        expected = seen.old_errors * self.percent / max(100 - self.percent, 1)
        if seen.new_errors >= FEW and seen.new_errors > 2 * expected:
            return f"the new revisions answered {seen.new_errors} requests with 5xx, the old ones {seen.old_errors}"
        return ""

    def _counted(self) -> dict[Indicator, Counts]:
        """All that was counted in the slots from the beginning on. What cannot be read is looked at the next time."""
        first, now = slot_of(self.began), self.ground.clock.now()
        found = counted(self.ground.store, first)
        return {name: total(found[name], now, now - first) for name in INDICATORS}

    def _rates(self) -> dict[Indicator, float]:
        """How fast each budget burned in the hour before: a mend may be deployed while it burns."""
        found, slos = counted(self.ground.store, self.began - HOUR), self.ground.config.slos
        return {
            name: burn_rate(total(found[name], self.began, HOUR), slos.objective(name).target) for name in INDICATORS
        }

    def _old(self) -> list[str]:
        return [one for function in self._functions() for one in self.deployment.before.get(function, {})]

    def _functions(self) -> list[str]:
        """Whose errors count: health answers 503 where it has something to complain of."""
        return [function for function in self.deployment.after if function != "health"]

    def _errors(self, revisions: list[str]) -> int:
        """How many requests the revisions have failed since; 0 where the log cannot be read."""
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
    counts = {name: list(one) for name, one in seen.counts.items() if sum(one)}
    return {"percent": percent, "seconds": round(took.total_seconds()), "counts": counts, "errors": seen.new_errors}
