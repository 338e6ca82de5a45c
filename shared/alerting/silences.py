"""Silences: alerts that match one are held until it ends. The words and their meaning are Alertmanager's.

Source: Alertmanager documentation, "Silences".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.alerting.matchers import Labels, compiled, parse_matcher


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

    def silences(self, labels: Labels, now: datetime) -> bool:
        return self.starts_at <= now < self.ends_at and bool(self._matches(labels))


def silence_of(labels: Labels, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence that matches *labels* at *now* and lasts longest."""
    matching = (silence for silence in silences if silence.silences(labels, now))
    return max(matching, key=lambda silence: silence.ends_at, default=None)
