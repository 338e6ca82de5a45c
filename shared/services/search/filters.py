"""What to look for: words, and filters such as `source:github state:firing label:service=checkout day:today`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from shared.alerting.alert import SEVERITIES, effective_severity
from shared.context import Context
from shared.errors import Malformed
from shared.events import iso
from shared.ports.terms import STATES, TYPE_WORDS, pair, words_of
from shared.values.words import words

OUTCOMES = ("accepted", "notified", "held", "digest", "recorded", "quarantined", "repeat", "dead")
"""What became of an event. `accepted`: the router has not handled it yet; `dead`: it failed to."""
_VERDICTS = {"page": "notified", "hold": "held", "digest": "digest"}
_BETWEEN = ".-/: "
_PART = re.compile(r'(?:(?P<name>[a-z]+):)?(?P<value>(?:[^\s"]|"[^"]*"?)+)', re.IGNORECASE)


class BadQuery(Malformed):
    """A filter with a value that it cannot have."""

    code = "bad_query"


@dataclass(frozen=True, slots=True)
class Filters:
    """All of these must apply; None and empty apply to everything. `type` may have `*`; an alert's is its `alertname`.

    `words` are as `shared.values.words` makes them. `since` and `until` are stored times: of an event when opos
    received it, of an open alert when it began to fire. `outcome` is of events, `state` and `severity` are of alerts.
    """

    words: tuple[str, ...] = ()
    source: str | None = None
    type: str | None = None
    state: str | None = None
    severity: str | None = None
    outcome: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    since: str | None = None
    until: str | None = None

    @property
    def of_alerts(self) -> bool:
        """Whether they can apply to alerts."""
        return self.outcome is None

    @property
    def of_events(self) -> bool:
        return self.state is None and self.severity is None

    @property
    def needles(self) -> list[str]:
        """The words that each matching event or alert has among its terms, those first that few are likely to have."""
        return _longest_first([*self.words, *words(self.source or "")])

    @property
    def event_needles(self) -> list[str]:
        """The same with those that an event also has, but an alert may not."""
        named = (pair(name, value) for name, value in self.labels)
        return _longest_first([*self.needles, *named, *islice(words(_whole_words(self.type or "")), TYPE_WORDS)])

    @property
    def label_needles(self) -> list[str]:
        """Words of labels; an alert with very many labels has only some of these among its terms."""
        return _longest_first(word for _, value in self.labels for word in words(value))

    def includes_event(self, data: Mapping[str, Any]) -> bool:
        return (
            self.source in {None, data["source"]}
            and (self.type is None or fnmatchcase(data["type"], self.type))
            and (self.outcome is None or self.outcome in outcomes(data))
            and self._is_in_time(data["received_at"])
            and words_of(data) >= set(self.event_needles)
        )

    def includes_alert(self, data: Mapping[str, Any], time: str) -> bool:
        """*time* is the one that `since` and `until` are about."""
        labels = data.get("labels") or {}
        return (
            self.source in {None, data.get("source")}
            and (self.type is None or fnmatchcase(labels.get("alertname", ""), self.type))
            and self.severity in {None, effective_severity(data.get("severity", ""))}
            and self.state in {None, data.get("state")}
            and self._is_in_time(time)
            and {pair(*label) for label in labels.items()} >= {pair(*label) for label in self.labels}
            and words_of(data) >= set(self.needles)
        )

    def _is_in_time(self, time: str) -> bool:
        return (self.since or "") <= time and (self.until is None or time < self.until)


NO_FILTERS = Filters()


def _longest_first(needles: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(needles), key=len, reverse=True)


def _whole_words(pattern: str) -> str:
    """What stands before the first `*` of a type, without the word that this may cut."""
    head, star, _ = pattern.partition("*")
    return head[: max(map(head.rfind, _BETWEEN)) + 1] if star else head


def outcomes(data: Mapping[str, Any]) -> set[str]:
    """What became of an event: several, if it has several signals."""
    marks = {"quarantined": data.get("quarantine"), "repeat": data.get("repeats"), "dead": data["state"] == "dead"}
    marked = {name for name, is_marked in marks.items() if is_marked}
    if data["state"] == "accepted":
        return marked | {"accepted"}
    decisions = [decision["path"] for handled in data["handled"].values() for decision in handled["decisions"]]
    verdicts = {_VERDICTS.get(path, "recorded") for path in decisions}
    return marked | (verdicts or ({"recorded"} if data["state"] == "handled" else set()))


def parse(text: str, context: Context) -> Filters:
    """The filters in *text*; whatever is no filter is words. Raises BadQuery for a value that a filter cannot have."""
    filters, rest = NO_FILTERS, list[str]()
    for part in _PART.finditer(text):
        name, value = (part["name"] or "").lower(), part["value"].strip('"')
        if name in _FILTERS and value:
            filters = _FILTERS[name](filters, value, context)
        else:
            rest.append(part[0])
    return replace(filters, words=tuple(dict.fromkeys(words(" ".join(rest)))))


def on_day(filters: Filters, day: date, timezone: str) -> Filters:
    """*filters* for one day of the operator's."""
    begin, end = (datetime.combine(date, time(), ZoneInfo(timezone)) for date in (day, day + timedelta(days=1)))
    return replace(filters, since=iso(begin), until=iso(end))


def _day(filters: Filters, value: str, context: Context) -> Filters:
    zone = context.config.timezone
    today = context.now.astimezone(ZoneInfo(zone)).date()
    known = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return on_day(filters, known.get(value.lower()) or date.fromisoformat(value), zone)
    except (ValueError, OverflowError):
        raise BadQuery(f"day: expected today, yesterday or a day such as 2026-11-28, found {value!r}") from None


def _label(filters: Filters, value: str, _: Context) -> Filters:
    name, equals, wanted = value.partition("=")
    if not name or not equals:
        raise BadQuery(f"label: expected a name and a value such as service=checkout, found {value!r}")
    return replace(filters, labels=(*filters.labels, (name, wanted.strip('"'))))


def _choice(name: str, *choices: str) -> Callable[[Filters, str, Context], Filters]:
    def chosen(filters: Filters, value: str, _: Context) -> Filters:
        if value.lower() not in choices:
            raise BadQuery(f"{name}: expected {', '.join(choices[:-1])} or {choices[-1]}, found {value!r}")
        return replace(filters, **{name: value.lower()})  # type: ignore[arg-type]  # each is a field of text

    return chosen


_FILTERS: Mapping[str, Callable[[Filters, str, Context], Filters]] = {
    "source": lambda filters, value, _: replace(filters, source=value),
    "type": lambda filters, value, _: replace(filters, type=value),
    "state": _choice("state", *STATES, "resolved"),
    "severity": _choice("severity", *SEVERITIES[::-1]),
    "outcome": _choice("outcome", *OUTCOMES),
    "label": _label,
    "day": _day,
}
