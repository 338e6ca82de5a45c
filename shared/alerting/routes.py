"""The route tree, as in Alertmanager: which routes an alert matches, and what they set.

An alert goes to the first child that matches, and on to the next child only if that one sets `continue`. If no child
matches, it stays at the node itself. A child inherits every setting that it does not have, except the time intervals.
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
MOST_FIRINGS = 100
Threshold = Annotated[int, Field(ge=1, le=MOST_FIRINGS, strict=True)]


def _pause(value: Any) -> Any:
    pause = parse_wait(value)
    if pause and not timedelta(minutes=2) <= pause <= timedelta(minutes=15):
        raise ValueError("expected a pause of 2m to 15m")
    return pause


class RouteSpec(Section):
    """The settings of a route; None is inherited from the route above it."""

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
    send_resolved: Annotated[bool, Field(strict=True)] | None = None
    failure_threshold: Threshold | None = None
    success_threshold: Threshold | None = None
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple["RouteSpec", ...] = ()

    @model_validator(mode="after")
    def _groups_are_clear(self) -> Self:
        names = self.group_by or ()
        if len(set(names)) != len(names):
            raise ValueError("expected group_by to list each label only once")
        if ALL in names and len(names) > 1:
            raise ValueError("expected '...' to be the only entry of group_by, because it means all labels")
        return self


class Route(RouteSpec):
    """The root route, which every alert matches. Above `pages_per_minute`, notifications are grouped as a storm."""

    channel: str
    pages_per_minute: Annotated[int, Field(ge=1, strict=True)] = 5

    @model_validator(mode="after")
    def _matches_everything(self) -> Self:
        if self.matchers or self.continue_ or self.mute_time_intervals or self.active_time_intervals:
            raise ValueError(
                "expected the root route without matchers, continue or time intervals, as it matches every alert"
            )
        return self


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a route after inheritance. `interrupt_from` is the least severity that notifies you."""

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
    send_resolved: bool = True
    failure_threshold: int = 1
    success_threshold: int = 1
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()


_INHERITED = tuple(
    name for name in Settings.__dataclass_fields__ if name not in {"mute_time_intervals", "active_time_intervals"}
)


@dataclass(frozen=True, slots=True)
class Node:
    """A compiled route. `path` are the positions that lead to it from the root; () is the root itself."""

    path: tuple[int, ...]
    spec: RouteSpec
    settings: Settings
    matches: Callable[[Labels], bool]
    children: tuple["Node", ...]

    @property
    def key(self) -> str:
        """What documents call this route."""
        return "-".join(("route", *map(str, self.path)))

    def __str__(self) -> str:
        matchers = ", ".join(map(str, self.spec.matchers)) or ("all" if self.path else "the root")
        return f"route{''.join(f'.{position}' for position in self.path)} ({matchers})"


def compile_routes(root: Route, *, digest: str = "digest") -> Node:
    """The compiled route tree. *digest* is the default for routes that name no digest."""
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
    """The routes below *node* that an alert with *labels* matches; empty if the node itself does not match."""
    return tuple(_matched(node, labels)) if node.matches(labels) else ()


def _matched(node: Node, labels: Labels) -> Iterator[Node]:
    """The routes below *node*, which matches."""
    is_leaf = True
    for child in node.children:
        if child.matches(labels):
            is_leaf = False
            yield from _matched(child, labels)
            if not child.spec.continue_:
                break
    if is_leaf:
        yield node


def able_to_notify(routes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Those of *routes* that notify at some severity; all of them if none does. The others decide nothing for them."""
    return tuple(node for node in routes if node.settings.interrupt_from != "never") or routes


def ack_timeout(routes: tuple[Node, ...]) -> timedelta:
    """How long an acknowledgement lasts: it ends for all routes when it ends for the first of them."""
    return min(node.settings.ack_timeout for node in able_to_notify(routes))


def group_labels(routes: tuple[Node, ...], labels: Labels) -> dict[str, str]:
    """The labels by which an alert is grouped: those that any of its *routes* names, if that route may notify."""
    names = {name for node in able_to_notify(routes) for name in node.settings.group_by}
    wanted = labels if ALL in names else names
    return {name: labels.get(name, "") for name in sorted(wanted)}


def group_id(routes: tuple[Node, ...], labels: Labels) -> str:
    """The id of the group that an alert with *labels* joins. An alert is in one group, however many routes it matches,
    so that one acknowledgement is enough (docs/adr/0010).
    """
    pairs = [part for pair in group_labels(routes, labels).items() for part in pair]
    paths = [".".join(map(str, node.path)) for node in able_to_notify(routes)]
    return document_id("group", str(len(paths)), *paths, *pairs)


def storm_id(routes: tuple[Node, ...]) -> str:
    """The id of the group for a storm of alerts that go to the same channels."""
    return document_id("flood", *sorted({node.settings.channel for node in able_to_notify(routes)}))
