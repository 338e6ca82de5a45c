"""Inhibition: an alert that explains others holds them. The words and their meaning are Alertmanager's.

Source: Alertmanager documentation, "Inhibition", and `inhibit/inhibit.go`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypedDict

from shared.alerting.matchers import Labels, Matchers, compiled
from shared.values.section import Section


class Inhibitor(TypedDict):
    """What inhibition reads of an alert that fires."""

    id: str
    labels: dict[str, str]
    title: str


class InhibitRule(Section):
    """Holds alerts that match `target_matchers` while one that matches `source_matchers` fires.

    Both must have the same value of each label in `equal`. An alert that matches both sides does not inhibit another
    such alert.
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
        """Whether an alert with *labels* may inhibit others."""
        return any(source(labels) for _, source, _ in self._tests)

    def inhibitor(self, labels: Labels, firing: Iterable[Inhibitor]) -> Inhibitor | None:
        """The first of the alerts *firing* that inhibits an alert with *labels*."""
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
