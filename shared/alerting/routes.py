"""The route tree, with Alertmanager's words and meaning: which routes an alert takes, and what they say of it.

An alert takes the first child that matches, and goes on to the next one only where that says `continue`; where no child
matches, the node itself is taken. A child inherits what it does not say, but for the time intervals.
Source: Alertmanager documentation, "Route", and `dispatch/route.go`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from shared.alerting.matchers import Labels, Matchers, compiled
from shared.events import Severity, document_id
from shared.values.durations import Duration, Wait, parse_wait
from shared.values.section import Section

ALL = "..."
Threshold = Annotated[int, Field(ge=1, le=100, strict=True)]


def _pause(value: Any) -> Any:
    found = parse_wait(value)
    if found and not timedelta(minutes=2) <= found <= timedelta(minutes=15):
        raise ValueError("expected a pause of 2m to 15m")
    return found


class RouteSpec(Section):
    """What a route may say; None is inherited from the route around it."""

    matchers: Matchers = ()
    continue_: Annotated[bool, Field(alias="continue", strict=True)] = False
    channel: str | None = None
    group_by: tuple[str, ...] | None = None
    group_wait: Wait | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    interrupt_from: Severity | Literal["never"] | None = None
    auto_pause: Annotated[timedelta, BeforeValidator(_pause)] | None = None
    ack_timeout: Duration | None = None
    escalation: str | None = None
    digest: str | None = None
    failure_threshold: Threshold | None = None
    success_threshold: Threshold | None = None
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple["RouteSpec", ...] = ()

    @model_validator(mode="after")
    def _groups_are_clear(self) -> Self:
        names = self.group_by or ()
        if len(set(names)) != len(names):
            raise ValueError("expected each label of group_by once")
        if ALL in names and len(names) > 1:
            raise ValueError("expected group_by to hold '...' alone, since it means all labels")
        return self


class Route(RouteSpec):
    """The root: it takes every alert. Beyond `pages_per_minute` what interrupts is told together, as a flood."""

    channel: str
    pages_per_minute: Annotated[int, Field(ge=1, strict=True)] = 5

    @model_validator(mode="after")
    def _takes_everything(self) -> Self:
        if self.matchers or self.continue_ or self.mute_time_intervals or self.active_time_intervals:
            raise ValueError("expected the root route without matchers, continue and time intervals: it takes all")
        return self


@dataclass(frozen=True, slots=True)
class Settings:
    """What a route says, inheritance resolved. `interrupt_from` is the least severity that interrupts."""

    channel: str
    group_by: tuple[str, ...] = ("source", "alertname", "incident")
    group_wait: timedelta = timedelta(0)
    group_interval: timedelta = timedelta(minutes=1)
    repeat_interval: timedelta = timedelta(minutes=30)
    interrupt_from: Severity | Literal["never"] = "critical"
    auto_pause: timedelta = timedelta(0)
    ack_timeout: timedelta = timedelta(hours=4)
    escalation: str | None = None
    digest: str = "digest"
    failure_threshold: int = 1
    success_threshold: int = 1
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()


_INHERITED = tuple(
    name for name in Settings.__dataclass_fields__ if name not in {"mute_time_intervals", "active_time_intervals"}
)


@dataclass(frozen=True, slots=True)
class Node:
    """A route, ready to be asked. `path` are the positions that lead to it from the root; () is the root."""

    path: tuple[int, ...]
    spec: RouteSpec
    settings: Settings
    matches: Callable[[Labels], bool]
    children: tuple["Node", ...]

    def __str__(self) -> str:
        said = ", ".join(map(str, self.spec.matchers)) or ("all" if self.path else "the root")
        return f"route{''.join(f'.{one}' for one in self.path)} ({said})"


def compile_routes(root: Route, *, digest: str = "digest") -> Node:
    """*digest* is the one for which everything waits of which no route says another."""
    return _node(root, Settings(root.channel, digest=digest), ())


def _node(spec: RouteSpec, inherited: Settings, path: tuple[int, ...]) -> Node:
    settings = _settings(spec, inherited)
    children = tuple(_node(child, settings, (*path, n)) for n, child in enumerate(spec.routes))
    return Node(path, spec, settings, compiled(spec.matchers), children)


def _settings(spec: RouteSpec, inherited: Settings) -> Settings:
    own = {name: value for name in _INHERITED if (value := getattr(spec, name)) is not None}
    return Settings(
        **{name: getattr(inherited, name) for name in _INHERITED} | own,
        mute_time_intervals=spec.mute_time_intervals,
        active_time_intervals=spec.active_time_intervals,
    )


def route(node: Node, labels: Labels) -> tuple[Node, ...]:
    """The routes that an alert with *labels* takes from *node*; none where the node itself does not match."""
    return tuple(_taken(node, labels)) if node.matches(labels) else ()


def _taken(node: Node, labels: Labels) -> Iterator[Node]:
    """What is taken below *node*, which matches."""
    found = False
    for child in node.children:
        if child.matches(labels):
            found = True
            yield from _taken(child, labels)
            if not child.spec.continue_:
                break
    if not found:
        yield node


def group_labels(taken: tuple[Node, ...], labels: Labels) -> dict[str, str]:
    """The labels by which an alert is grouped: those that any of the routes *taken* names."""
    names = {name for node in taken for name in node.settings.group_by}
    wanted = labels if ALL in names else names
    return {name: labels.get(name, "") for name in sorted(wanted)}


def group_id(taken: tuple[Node, ...], labels: Labels) -> str:
    """The id of the group that an alert with *labels* joins. One alert is in one group, however many routes it takes,
    so that one acknowledgement is enough (docs/adr/0010).
    """
    pairs = [part for pair in group_labels(taken, labels).items() for part in pair]
    paths = [".".join(map(str, node.path)) for node in taken]
    return document_id("group", str(len(paths)), *paths, *pairs)


def storm_id(taken: tuple[Node, ...]) -> str:
    """The id of the group of all that are too many to be told one by one, and go to the same channels."""
    return document_id("flood", *sorted({node.settings.channel for node in taken}))
