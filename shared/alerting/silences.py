"""Silences: alerts that match one are held until it ends. The words and their meaning are Alertmanager's.

Source: Alertmanager documentation, "Silences".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.alerting.matchers import Labels, Matcher, compiled, parse_matcher
from shared.events import iso


@dataclass(frozen=True)
class Silence:
    """Holds every alert that all `matchers` match, from `starts_at` until `ends_at`, exclusive."""

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
    def _matches(self) -> Any:
        return compiled([parse_matcher(text) for text in self.matchers])

    @property
    def reason(self) -> str:
        """Why an alert that it matches is held."""
        return f"silenced by {self.author} until {iso(self.ends_at)}: {self.comment}"

    def matches(self, labels: Labels) -> bool:
        return bool(self._matches(labels))

    def silences(self, labels: Labels, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at and self.matches(labels)


def silencing(texts: Sequence[str]) -> list[Matcher]:
    """The matchers of a new silence. Raises ValueError if one is invalid, or if all of them match an empty value.

    Such a silence would hold every alert without these labels, which is almost every alert.
    """
    matchers = [parse_matcher(text) for text in texts]
    if all(matcher.matches({}) for matcher in matchers):
        given = ", ".join(map(str, matchers)) or "no matcher"
        raise ValueError(
            f"expected a matcher that an empty value does not match, found {given}, which would silence every alert "
            'without these labels. Add a matcher such as alertname="DiskFull" or team=~".+"'
        )
    return matchers


def silence_of(labels: Labels, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence that matches *labels* at *now* and lasts longest."""
    matching = (silence for silence in silences if silence.silences(labels, now))
    return max(matching, key=lambda silence: silence.ends_at, default=None)
