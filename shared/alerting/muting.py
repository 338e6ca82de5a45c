"""Silences and inhibition: what fires and yet is not told, and why. Alertmanager's words and meaning.

Source: Alertmanager documentation, "Inhibition" and "Silences", and `inhibit/inhibit.go`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.alerting.matchers import Labels, Matchers, compiled, parse_matcher
from shared.values.section import Section

Alert = Mapping[str, Any]


class InhibitRule(Section):
    """While an alert that matches `source_matchers` fires, one that matches `target_matchers` is not told, if both have
    the same value of each label in `equal`. An alert that matches both sides is not inhibited by another such.
    """

    source_matchers: Matchers = ()
    target_matchers: Matchers = ()
    equal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inhibition:
    rules: Sequence[InhibitRule]

    @cached_property
    def _tests(self) -> list[Any]:
        return [(rule, compiled(rule.source_matchers), compiled(rule.target_matchers)) for rule in self.rules]

    def is_source(self, labels: Labels) -> bool:
        """Whether an alert with *labels* may keep others from being told."""
        return any(source(labels) for _, source, _ in self._tests)

    def inhibitor(self, labels: Labels, firing: Iterable[Alert]) -> Alert | None:
        """The first of the alerts *firing* that keeps one with *labels* from being told."""
        rules = [(rule, source, target, source(labels)) for rule, source, target in self._tests if target(labels)]
        if not rules:
            return None
        for alert in firing:
            other = alert["labels"]
            for rule, source, target, two_sided in rules:
                if source(other) and _equal(rule, labels, other) and not (two_sided and target(other)):
                    return alert
        return None


def _equal(rule: InhibitRule, labels: Labels, other: Labels) -> bool:
    return all(labels.get(name, "") == other.get(name, "") for name in rule.equal)


@dataclass(frozen=True)
class Silence:
    """`matchers` all hold of what it silences; until `ends_at`, exclusive."""

    id: str
    matchers: tuple[str, ...]
    author: str
    comment: str
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def from_doc(cls, id: str, data: Mapping[str, Any]) -> "Silence":
        starts, ends = (datetime.fromisoformat(data[name]) for name in ("starts_at", "ends_at"))
        return cls(id, tuple(data["matchers"]), data["author"], data["comment"], starts, ends)

    @cached_property
    def _holds(self) -> Any:
        return compiled([parse_matcher(text) for text in self.matchers])

    def silences(self, labels: Labels, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at and bool(self._holds(labels))


def silence_of(labels: Labels, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """Of the *silences* in force, the one that lasts longest."""
    return max((one for one in silences if one.silences(labels, now)), key=lambda one: one.ends_at, default=None)
