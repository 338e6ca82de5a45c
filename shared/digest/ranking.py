"""What comes first in a digest, and why: points that add up, each with its reason."""

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
    """`points` for `what`; `why` is for a person."""

    what: str
    points: float
    why: str


def points(item: Mapping[str, Any], *, now: datetime) -> list[Points]:
    """Everything that *item* has points for; their sum is its rank."""
    return [one for part in (_severity, _novelty, _age, _recurrence, _money) for one in part(item, now)]


def total(parts: list[Points]) -> int:
    return round(sum(one.points for one in parts))


def _severity(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:  # noqa: ARG001
    found = SEVERITY.get(item["severity"], SEVERITY["critical"])
    if item["state"] == "resolved":
        yield Points("severity", found / 4, f"{item['severity']}, over by now")
    else:
        yield Points("severity", found, item["severity"])


def _novelty(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:  # noqa: ARG001
    if item["kind"] == "alert" and item["episode"] <= 1:
        yield Points("novelty", NEW, "never seen before")


def _age(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:
    """Twice as long open is a little more, up to a month or so."""
    hours = (now - datetime.fromisoformat(item["first_seen"])) / timedelta(hours=1)
    if item["state"] not in {"resolved", "noted"} and hours >= 1:
        yield Points("age", min(2 * log2(1 + hours), MOST_FOR_AGE), f"open for {hours:.0f} h")


def _recurrence(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:
    times = sum(now - datetime.fromisoformat(one["began"]) < A_WEEK for one in item["episodes"] if "began" in one)
    often = 3 * log2(max(times, 1)) + log2(max(item["count"], 1))
    if often:
        said = f"{item['count']} times" + (f", the {times}. time within a week" if times > 1 else "")
        yield Points("recurrence", min(often, MOST_FOR_RECURRENCE), said)


def _money(item: Mapping[str, Any], now: datetime) -> Iterator[Points]:  # noqa: ARG001
    """By its magnitude, whatever the currency: no rate of exchange is known here."""
    if money := item["money"]:
        amount = abs(money["amount"]) / 10 ** exponent(money["currency"])
        yield Points("money", min(12 * log10(1 + amount), MOST_FOR_MONEY), format_money(money))
