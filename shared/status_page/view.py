"""The page as data, from the declarations and what the store says: HTML, feed, JSON and badge show the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.alerting.matchers import Labels, Matcher, compiled
from shared.events import iso
from shared.status_page.incident import ENDED, IncidentDoc, PublicUpdate, phase, state_at
from shared.status_page.states import SHAPES, WORDS, WORSE, State, worst


class Condition(Protocol):
    """As `shared.config.status_page` declares it."""

    @property
    def state(self) -> State: ...
    @property
    def matchers(self) -> tuple[Matcher, ...]: ...


class Component(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def when(self) -> Sequence[Condition]: ...


@dataclass(frozen=True, slots=True)
class Alerts:
    """The labels of the open alerts. Unless `known`, there may be others; `since` is when that began, if known."""

    labels: Sequence[Labels] = ()
    known: bool = True
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A component as the page shows it. `since`: from when its state is unknown."""

    id: str
    name: str
    description: str
    state: State
    since: str | None = None

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def shape(self) -> str:
        return SHAPES[self.state]


@dataclass(frozen=True, slots=True)
class Entry:
    """An incident or a maintenance window as the page shows it. `updates` come newest first."""

    id: str
    doc: IncidentDoc
    phase: str
    components: tuple[str, ...]
    state: State

    @property
    def title(self) -> str:
        return self.doc["title"]

    @property
    def word(self) -> str:
        return WORDS[self.doc["impact"]]

    @property
    def shape(self) -> str:
        return SHAPES[self.doc["impact"]]

    @property
    def updates(self) -> list[PublicUpdate]:
        return self.doc["latest"][::-1]

    @property
    def earlier(self) -> int:
        """How many of its first updates the page does not show."""
        return self.doc["updates"] - len(self.doc["latest"])


@dataclass(frozen=True, slots=True)
class View:
    """The page at a time, `as_of`. `incidents` are open; `planned` has not begun, and `past` has ended.

    It is not `readable` if the store did not answer.
    """

    title: str
    as_of: str
    state: State
    components: tuple[Row, ...]
    incidents: tuple[Entry, ...]
    maintenance: tuple[Entry, ...]
    planned: tuple[Entry, ...]
    past: tuple[Entry, ...]
    readable: bool = True

    @property
    def headline(self) -> str:
        """What is affected now, the worst first: `Down: Checkout. Degraded: Search, Order mails.`"""
        affected = ((state, [row.name for row in self.components if row.state == state]) for state in WORSE[:0:-1])
        sentences = [f"{WORDS[state]}: {', '.join(names)}." for state, names in affected if names]
        return " ".join(sentences) or _ALONE[self.state]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.incidents, *self.maintenance, *self.planned, *self.past)


_ALONE: Mapping[State, str] = {
    "operational": "No known problems.", "maintenance": "Maintenance is in progress.",
    "unknown": "The state is unknown.", "degraded": "The service is degraded.", "down": "The service is down.",
}  # fmt: skip


def view(
    title: str,
    components: Mapping[str, Component],
    incidents: Iterable[tuple[str, IncidentDoc]],
    alerts: Alerts,
    now: datetime,
) -> View:
    """The page of *components*, by id, given the *incidents* that it lists, by id, and the open *alerts*."""
    entries = [_entry(id, incident, components, now) for id, incident in incidents]
    rows = tuple(_row(id, component, entries, alerts) for id, component in components.items())
    running = [entry for entry in entries if entry.phase not in ENDED]
    begun = [entry for entry in running if entry.doc.get("starts_at", "") <= iso(now)]
    return View(
        title, iso(now), worst([*(row.state for row in rows), *(entry.state for entry in begun)]), rows,
        _newest([entry for entry in begun if entry.doc["kind"] == "incident"]),
        _newest([entry for entry in begun if entry.doc["kind"] == "maintenance"]),
        _newest([entry for entry in running if entry not in begun])[::-1],
        _newest([entry for entry in entries if entry not in running]),
    )  # fmt: skip


def unknown(title: str, components: Mapping[str, Component], now: datetime, since: str | None) -> View:
    """The page when nothing can be read: no component is shown as good, not even one without matchers."""
    rows = tuple(
        Row(id, component.name, component.description, "unknown", since) for id, component in components.items()
    )
    return View(title, iso(now), "unknown", rows, (), (), (), (), readable=False)


def _newest(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.doc["began_at"], entry.id), reverse=True))


def _entry(id: str, incident: IncidentDoc, components: Mapping[str, Component], now: datetime) -> Entry:
    names = tuple(components[name].name for name in incident["components"] if name in components)
    return Entry(id, incident, phase(incident, now), names, state_at(incident, now))


def _row(id: str, component: Component, entries: Sequence[Entry], alerts: Alerts) -> Row:
    declared = worst(entry.state for entry in entries if id in entry.doc["components"])
    if declared == "maintenance":  # that alerts fire then was announced
        return Row(id, component.name, component.description, declared)
    state = worst([declared, *_measured(component.when, alerts)])
    return Row(id, component.name, component.description, state, alerts.since if state == "unknown" else None)


def _measured(conditions: Sequence[Condition], alerts: Alerts) -> Iterator[State]:
    """The states that *alerts* give, and unknown if there may be alerts that nobody has read."""
    for condition in conditions:
        if any(map(compiled(condition.matchers), alerts.labels)):
            yield condition.state
    if conditions and not alerts.known:
        yield "unknown"
