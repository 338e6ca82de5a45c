"""What a replay would do: the router's own decisions over a copy of the store that nobody else sees."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.decision import Decisions, decide, with_alert_ids
from shared.alerting.focus import Period
from shared.alerting.groups import GroupDoc, as_group
from shared.alerting.silences import Silence
from shared.alerting.situation import Situation, World
from shared.config.model import Config
from shared.events import as_handling
from shared.intake.webhook import read_again
from shared.ports import Doc, Store
from shared.services.alerting.world import StoreWorld
from shared.services.intake.acceptance import announcement


@dataclass(frozen=True, slots=True)
class Preview:
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
        return [decision["path"] for decision in self.decisions]


@dataclass
class _Overlay:
    """The world of the store, with what the events before would have changed in it."""

    stored: World
    alerts: dict[str, AlertDoc] = field(default_factory=dict)
    groups: dict[str, GroupDoc] = field(default_factory=dict)
    notifications: int = 0

    def silences(self) -> Sequence[Silence]:
        return self.stored.silences()

    def inhibitors(self) -> Sequence[AlertDoc]:
        alerts = {alert["id"]: alert for alert in self.stored.inhibitors()} | self.alerts
        return [alert for alert in alerts.values() if alert["inhibits"]]

    def group(self, id: str) -> GroupDoc | None:
        return self.groups.get(id) or self.stored.group(id)

    def is_unanswered(self, group: str, is_muted: Callable[[AlertDoc], bool]) -> bool:
        return group in self.groups or self.stored.is_unanswered(group, is_muted)

    def focus_blocks(self) -> Sequence[Period]:
        return self.stored.focus_blocks()

    def notifications_since(self, start: datetime) -> int:
        return self.stored.notifications_since(start) + self.notifications


class ReplayPreview:
    def __init__(self, store: Store, config: Config, now: datetime) -> None:
        self._store = store
        self._config = config
        self._now = now
        self._alerts: dict[str, AlertDoc | None] = {}
        self._world = _Overlay(StoreWorld(store, now))

    def replay(self, events: Iterable[Doc]) -> Iterator[Preview]:
        """Each of *events* in turn, seeing what the ones before it would have done."""
        for doc in events:
            yield self._preview(doc)

    def _preview(self, doc: Doc) -> Preview:
        event, signals = read_again(doc, self._config)
        message = announcement(event, signals, version=doc.version)
        named = with_alert_ids(message)
        before = {id: self._alert(id) for id, _ in named}
        known = {id: alert for id, alert in before.items() if alert}
        decided = decide(named, known, message, Situation(self._now, self._config, self._world))
        self._remember(decided)
        return Preview(
            event=event.id,
            source=event.source,
            type=event.type,
            was=[
                decision["path"] for mark in as_handling(doc.data)["handled"].values() for decision in mark["decisions"]
            ],
            decisions=[decision.summary() for decision in decided.decisions],
            changes=[_change(id, before[id], alert) for id, alert in decided.alerts.items()],
            quarantine=event.quarantine,
        )

    def _remember(self, decided: Decisions) -> None:
        self._alerts |= decided.alerts
        self._world.alerts |= decided.alerts
        for change in decided.judgement.group_changes():
            self._world.groups[change.group["id"]] = as_group(change.group)
            self._world.notifications += len(change.page.step.channels) if change.page else 0

    def _alert(self, id: str) -> AlertDoc | None:
        if id not in self._alerts:
            doc = self._store.get(f"alerts/{id}")
            self._alerts[id] = as_alert(doc.data) if doc else None
        return self._alerts[id]


def _change(id: str, before: AlertDoc | None, after: AlertDoc) -> str:
    return f"alert {id[:8]}: {_brief(before)} -> {_brief(after)}"


def _brief(alert: AlertDoc | None) -> str:
    return f"{alert['severity']} {alert['state']} x{alert['count']}" if alert else "unknown"
