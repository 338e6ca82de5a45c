"""The figures of the review: pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from statistics import fmean, median
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from shared.alerting.noise import Noise, costs_by_rule, noise, rule_of
from shared.cost import bill
from shared.events import iso
from shared.review.history import WEEK, History
from shared.review.monthly import Monthly

SOON = timedelta(days=14)
LISTED = 10


class Share(TypedDict):
    """So many interruptions, and what they cost, of what is named."""

    name: str
    count: int
    cost: float


class Due(TypedDict):
    """A flag or a secret (`what`) whose day has come, or comes soon."""

    what: str
    name: str
    on: str
    overdue: bool


class Review(TypedDict):
    """A week. Times to acknowledge are in seconds, None where nobody acknowledged anything; money is in US dollars.

    `monthly` is in the first one of a month.
    """

    since: str
    until: str
    zone: str
    interruptions: int
    before: int
    cost: float
    by_source: list[Share]
    by_hour: list[Share]
    calls: int
    acknowledged: int
    mean_time_to_acknowledge: float | None
    median_time_to_acknowledge: float | None
    digests: int
    listed: int
    listed_and_acted_on: int
    noise: list[dict[str, Any]]
    runbooks_missing: list[Share]
    due: list[Due]
    events: int
    dollars_a_month: float
    unread: int
    monthly: Monthly | None


def review(
    history: History, *, zone: str, days: Mapping[tuple[str, str], date], monthly: Monthly | None = None
) -> Review:
    """The figures of *history*; *days* are those on which each flag and secret is due, by what it is and its name."""
    pages, since = history.pages, iso(history.since)
    waits = list(_times_to_acknowledge(history))
    listed = [one for one in _episodes(history) if one.get("listed", "") >= since]
    told = sum(one.get("told", "") >= since for one in _episodes(history))
    rules = noise(history.alerts.values(), costs_by_rule(pages, history.alerts), since=since)
    return {
        "since": since, "until": iso(history.until), "zone": zone,
        "interruptions": len(pages), "before": history.before, "cost": _cost(pages),
        "by_source": _by(pages, lambda page: _source(page, history)), "by_hour": _by_hour(pages, zone),
        "calls": told, "acknowledged": len(waits),
        "mean_time_to_acknowledge": fmean(waits) if waits else None,
        "median_time_to_acknowledge": median(waits) if waits else None,
        "digests": len(history.digests), "listed": len(listed),
        "listed_and_acted_on": sum(one.get("acted", "") >= one["listed"] for one in listed),
        "noise": [_plain(one) for one in rules if one.told][:LISTED],
        "runbooks_missing": _by(_without_runbook(pages), lambda page: _rule(page, history))[:LISTED],
        "due": list(_due(days, history.until.date())), "events": history.events,
        "dollars_a_month": _dollars(history), "unread": history.unread,
        "monthly": monthly,
    }  # fmt: skip


def _episodes(history: History) -> Iterator[Mapping[str, str]]:
    return (one for alert in history.alerts.values() for one in alert["episodes"])


def _times_to_acknowledge(history: History) -> Iterator[float]:
    for one in _episodes(history):
        if iso(history.since) <= one.get("told", "") <= one.get("acted", ""):
            yield (datetime.fromisoformat(one["acted"]) - datetime.fromisoformat(one["told"])).total_seconds()


def _cost(pages: Iterable[Mapping[str, Any]]) -> float:
    return round(sum(page["cost"] or 0 for page in pages), 2)


def _by(pages: Iterable[Mapping[str, Any]], name: Any) -> list[Share]:
    """The *pages* by their *name*, the most first."""
    counts, costs = Counter[str](), Counter[str]()
    for page in pages:
        counts[name(page)] += 1
        costs[name(page)] += page["cost"] or 0
    return [{"name": one, "count": count, "cost": round(costs[one], 2)} for one, count in counts.most_common()]


def _by_hour(pages: Iterable[Mapping[str, Any]], zone: str) -> list[Share]:
    found = {one["name"]: one for one in _by(pages, lambda page: _hour(page, zone))}
    empty: Share = {"name": "", "count": 0, "cost": 0.0}
    return [found.get(f"{hour:02}", {**empty, "name": f"{hour:02}"}) for hour in range(24)]


def _hour(page: Mapping[str, Any], zone: str) -> str:
    return datetime.fromisoformat(page["created_at"]).astimezone(ZoneInfo(zone)).strftime("%H")


def _first(page: Mapping[str, Any], history: History) -> Mapping[str, Any] | None:
    """The first alert that *page* told of."""
    told = (page.get("cause") or {}).get("alerts") or [""]
    return history.alerts.get(told[0])


def _source(page: Mapping[str, Any], history: History) -> str:
    alert = _first(page, history)
    return str(alert["source"]) if alert else "unknown"


def _rule(page: Mapping[str, Any], history: History) -> str:
    alert = _first(page, history)
    return " ".join(rule_of(alert)) if alert else "unknown"


def _without_runbook(pages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (page for page in pages if page.get("cause") and not page["cause"].get("runbook"))


def _plain(one: Noise) -> dict[str, Any]:
    told = {name: value for name, value in asdict(one).items() if name != "longest_by_itself"}
    return {**told, "precision": round(one.precision, 2), "score": one.score, "advice": one.advice, "lines": one.lines}


def _due(days: Mapping[tuple[str, str], date], today: date) -> Iterator[Due]:
    for (what, name), on in sorted(days.items(), key=lambda item: (item[1], item[0])):
        if on <= today + SOON:
            yield {"what": what, "name": name, "on": on.isoformat(), "overdue": on <= today}


def _dollars(history: History) -> float:
    """What a month of such weeks would cost on Google Cloud, after what is free."""
    critical = min(1.0, len(history.pages) / history.events) if history.events else 0.0
    items = sum(len(digest["members"]) for digest in history.digests)
    size = max(1, round(items / len(history.digests))) if history.digests else 5
    lines = bill(round(history.events / WEEK.days), critical=critical, digest_size=size)
    return round(sum(line.dollars for line in lines), 2)
