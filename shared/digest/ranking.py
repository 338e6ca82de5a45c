"""The rank of an item in a digest: points that add up, each part with its reason."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import log2, log10
from typing import Any, NamedTuple

from shared.values.money import exponent, format_money

SEVERITY = {"critical": 100.0, "warning": 50.0, "info": 10.0}
NEW = 15.0
A_WEEK = timedelta(days=7)
MOST_FOR_AGE, MOST_FOR_RECURRENCE, MOST_FOR_MONEY = 20.0, 20.0, 50.0


class Points(NamedTuple):
    """One part of a rank: `points` for `what`, and `why` in words for the reader."""

    what: str
    points: float
    why: str


def points(item: Mapping[str, Any], *, now: datetime) -> list[Points]:
    """The parts of the rank of *item*."""
    return [part for parts in (_severity, _novelty, _age, _recurrence, _money) for part in parts(item, now)]


def total(parts: list[Points]) -> int:
    return round(sum(part.points for part in parts))


def _severity(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:  # noqa: ARG001
    severity = SEVERITY.get(item["severity"], SEVERITY["critical"])
    if item["state"] == "resolved":
        yield Points("severity", severity / 4, f"{item['severity']}, resolved")
    else:
        yield Points("severity", severity, item["severity"])


def _novelty(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:  # noqa: ARG001
    if item["kind"] == "alert" and item["episode"] <= 1:
        yield Points("novelty", NEW, "never seen before")


def _age(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:
    """Two points for each doubling of the hours open, up to about six weeks."""
    hours = (now - datetime.fromisoformat(item["first_seen"])) / timedelta(hours=1)
    if item["state"] not in {"resolved", "noted"} and hours >= 1:
        yield Points("age", min(2 * log2(1 + hours), MOST_FOR_AGE), f"open for {hours:.0f} h")


def _recurrence(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:
    began = [episode["began"] for episode in item["episodes"] if "began" in episode]
    episodes = sum(now - datetime.fromisoformat(start) < A_WEEK for start in began)
    recurrence = 3 * log2(max(episodes, 1)) + log2(max(item["count"], 1))
    if recurrence:
        times = "once" if item["count"] == 1 else f"{item['count']} times"
        why = times + (f", {episodes} episodes within a week" if episodes > 1 else "")
        yield Points("recurrence", min(recurrence, MOST_FOR_RECURRENCE), why)


def _money(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:  # noqa: ARG001
    """By the order of magnitude, whatever the currency: opos knows no exchange rates."""
    if money := item["money"]:
        amount = abs(money["amount"]) / 10 ** exponent(money["currency"])
        yield Points("money", min(12 * log10(1 + amount), MOST_FOR_MONEY), format_money(money))
