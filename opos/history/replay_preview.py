"""What a replay would do, from the same decisions as the router's, over a copy of the alerts that nobody else sees."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.alerting.decision import Decision, decide, hear_all, with_alert_ids
from shared.alerting.hold_reasons import Surroundings
from shared.alerting.routes import route
from shared.alerting.verdict import Told, tell_all
from shared.config.model import Config
from shared.intake.webhook import read_again
from shared.ports import Doc, Store
from shared.services.intake.acceptance import announcement


@dataclass(frozen=True, slots=True)
class Would:
    """What would become of one event. `changes` are the alerts that would differ: before and after, in a few words."""

    event: str
    source: str
    type: str
    was: list[str]
    decisions: list[dict[str, str]]
    changes: list[str]
    quarantine: str | None

    @property
    def paths(self) -> list[str]:
        return [one["path"] for one in self.decisions]


@dataclass
class DryRun:
    store: Store
    config: Config
    now: datetime
    _alerts: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    _pages: int = 0

    def replay(self, events: Iterable[Doc]) -> Iterator[Would]:
        """Each of *events* in turn, seeing what the ones before it would have done."""
        for doc in events:
            yield self._replay(doc)

    def _replay(self, doc: Doc) -> Would:
        event, signals = read_again(doc, self.config)
        message = announcement(event, signals, version=doc.version)
        pairs = with_alert_ids(message)
        before = {id: self._alert(id) for id, _ in pairs}
        hearing = hear_all(
            pairs, {id: alert for id, alert in before.items() if alert}, message,
            routes=self.config.routes, inhibition=self.config.inhibition, now=self.now,
        )  # fmt: skip
        decisions = decide(hearing, self._tell(hearing.wanting), routes=self.config.routes, now=self.now)
        self._pages += sum(one.path == "page" for one in decisions)
        self._alerts |= {one.alert_id: one.alert for one in decisions if one.alert}
        return Would(
            event=event.id,
            source=event.source,
            type=event.type,
            was=[one["path"] for mark in doc.data["handled"].values() for one in mark["decisions"]],
            decisions=[one.summary() for one in decisions],
            changes=[_change(id, before[id], self._alerts[id]) for id in _changed(decisions)],
            quarantine=event.quarantine,
        )

    def _tell(self, alerts: list[dict[str, Any]]) -> list[Told]:
        """The verdicts, as if no group had been told before: how a replay is grouped depends on when it runs."""
        config = self.config
        around = Surroundings(
            self.now, config.timezone, intervals=config.time_intervals, inhibition=config.inhibition,
            focus=config.focus, pages_left=config.route.pages_per_minute - self._pages,
        )  # fmt: skip
        return list(tell_all([(alert, route(config.routes, alert["labels"])) for alert in alerts], around))

    def _alert(self, id: str) -> dict[str, Any] | None:
        if id not in self._alerts:
            doc = self.store.get(f"alerts/{id}")
            self._alerts[id] = doc.data if doc else None
        return self._alerts[id]


def _changed(decisions: list[Decision]) -> list[str]:
    return list(dict.fromkeys(one.alert_id for one in decisions if one.alert))


def _change(id: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    return f"alert {id[:8]}: {_brief(before)} -> {_brief(after)}"


def _brief(alert: dict[str, Any] | None) -> str:
    return f"{alert['severity']} {alert['state']} x{alert['count']}" if alert else "unknown"
