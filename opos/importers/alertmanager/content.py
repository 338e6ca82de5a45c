"""What an alertmanager.yml says, and all its errors. Keys that are not known here stay, to be named.

Source: Alertmanager documentation, "Configuration"; `config/config.go` and `dispatch/route.go` of 0.25 to 0.34.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from opos.importers.alertmanager.values import (
    Equal,
    Filled,
    LabelNames,
    Length,
    Listed,
    MatcherTexts,
    Names,
    Patterns,
    Section,
    Switch,
    Text,
    Wait,
)
from shared.alerting.matchers import Matcher
from shared.alerting.routes import ALL
from shared.config.files.located_yaml import Where


class Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    @property
    def unknown(self) -> dict[str, Any]:
        return self.model_extra or {}


class Route(Content):
    receiver: Text = ""
    group_by: LabelNames = None
    """None is inherited; without labels, the alerts of the route are one group."""
    group_wait: Wait = None
    group_interval: Length = None
    repeat_interval: Length = None
    match: Equal = Field(default_factory=dict)
    match_re: Patterns = Field(default_factory=dict)
    matchers: MatcherTexts = ()
    continue_: Annotated[Switch, Field(alias="continue")] = False
    mute_time_intervals: Names = ()
    active_time_intervals: Names = ()
    routes: Annotated[tuple["Route", ...], Listed] = ()

    @model_validator(mode="after")
    def _groups_are_clear(self) -> Self:
        names = self.group_by or ()
        if ALL in names and set(names) != {ALL}:
            raise ValueError("expected '...' to be the only entry of group_by, because it means all labels")
        if ALL not in names and len(set(names)) != len(names):
            raise ValueError("expected group_by to list each label only once")
        return self

    @property
    def tests(self) -> tuple[Matcher, ...]:
        return matchers_of(self.match, self.match_re, self.matchers)


class InhibitRule(Content):
    source_match: Equal = Field(default_factory=dict)
    source_match_re: Patterns = Field(default_factory=dict)
    source_matchers: MatcherTexts = ()
    target_match: Equal = Field(default_factory=dict)
    target_match_re: Patterns = Field(default_factory=dict)
    target_matchers: MatcherTexts = ()
    equal: Names = ()

    @property
    def sources(self) -> tuple[Matcher, ...]:
        return matchers_of(self.source_match, self.source_match_re, self.source_matchers)

    @property
    def targets(self) -> tuple[Matcher, ...]:
        return matchers_of(self.target_match, self.target_match_re, self.target_matchers)


class Receiver(Content):
    name: Filled

    @property
    def integrations(self) -> dict[str, list[Any]]:
        """The settings of each way in which the receiver notifies; none at all drops every notification."""
        return {
            name: value
            for name, value in self.unknown.items()
            if name.endswith("_configs") and isinstance(value, list) and value
        }


class NamedIntervals(Content):
    name: Filled
    time_intervals: Annotated[tuple[Section, ...], Listed] = ()


class Alertmanager(Content):
    global_: Annotated[Section, Field(alias="global")] = Field(default_factory=dict)
    route: Route
    receivers: Annotated[tuple[Receiver, ...], Listed]
    inhibit_rules: Annotated[tuple[InhibitRule, ...], Listed] = ()
    time_intervals: Annotated[tuple[NamedIntervals, ...], Listed] = ()
    mute_time_intervals: Annotated[tuple[NamedIntervals, ...], Listed] = ()
    templates: Any = None

    @property
    def intervals(self) -> Iterator[tuple[Where, NamedIntervals]]:
        """All time intervals with their places: the older section comes first."""
        for section in ("mute_time_intervals", "time_intervals"):
            yield from (((section, number), entry) for number, entry in enumerate(getattr(self, section)))


def matchers_of(
    equal: dict[str, str], patterns: dict[str, str], texts: tuple[tuple[Matcher, ...], ...]
) -> tuple[Matcher, ...]:
    """The matchers in all three notations."""
    return (
        *(Matcher(name, "=", value) for name, value in equal.items()),
        *(Matcher(name, "=~", value) for name, value in patterns.items()),
        *(matcher for text in texts for matcher in text),
    )


def routes_of(route: Route, where: Where = ("route",)) -> Iterator[tuple[Where, Route]]:
    """*route* and all routes below it, with their places."""
    yield where, route
    for number, child in enumerate(route.routes):
        yield from routes_of(child, (*where, "routes", number))
