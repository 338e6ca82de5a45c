"""The figures of the review: pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from statistics import fmean, median
from typing import Any, NotRequired, TypedDict
from zoneinfo import ZoneInfo

from shared.alerting.noise import Noise, costs_by_rule, noise, rule_of
from shared.cost import bill
from shared.events import iso
from shared.review.goals import Goals, goals
from shared.review.history import History
from shared.review.monthly import Monthly

SOON = timedelta(days=14)
LISTED = 10
_UNSTORED = {"longest_by_itself", "is_open"}


class Share(TypedDict):
    """The interruptions of `name`, and their cost."""

    name: str
    count: int
    cost: float


class Due(TypedDict):
    """A flag or a secret (`what`) that is due now or soon."""

    what: str
    name: str
    on: str
    overdue: bool


class Review(TypedDict):
    """A week in figures. Times to acknowledge are in seconds, None if nothing was acknowledged; money is in US dollars.

    The first review of a month has `monthly`.
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
    goals: NotRequired[Goals]
    """A review that an earlier release stored has none."""


def review(
    history: History, *, zone: str, days: Mapping[tuple[str, str], date], monthly: Monthly | None = None
) -> Review:
    """The figures of *history*. *days* are the due dates of flags and secrets, by kind and name."""
    pages, since = history.pages, iso(history.since)
    waits = list(_times_to_acknowledge(history))
    listed = [episode for episode in _episodes(history) if episode.get("listed", "") >= since]
    notified = sum(episode.get("told", "") >= since for episode in _episodes(history))
    rules = noise(history.alerts.values(), costs_by_rule(pages, history.alerts), since=since)
    return {
        "since": since, "until": iso(history.until), "zone": zone,
        "interruptions": len(pages), "before": history.before, "cost": _cost(pages),
        "by_source": _by(pages, lambda page: _source(page, history)), "by_hour": _by_hour(pages, zone),
        "calls": notified, "acknowledged": len(waits),
        "mean_time_to_acknowledge": fmean(waits) if waits else None,
        "median_time_to_acknowledge": median(waits) if waits else None,
        "digests": len(history.digests), "listed": len(listed),
        "listed_and_acted_on": sum(episode.get("acted", "") >= episode["listed"] for episode in listed),
        "noise": [_plain(rule) for rule in rules if rule.told][:LISTED],
        "runbooks_missing": _by(_without_runbook(pages), lambda page: _rule(page, history))[:LISTED],
        "due": list(_due(days, history.until.date())), "events": history.events,
        "dollars_a_month": _dollars(history), "unread": history.unread,
        "monthly": monthly, "goals": goals(history),
    }  # fmt: skip


def _episodes(history: History) -> Iterator[Mapping[str, str]]:
    return (episode for alert in history.alerts.values() for episode in alert["episodes"])


def _times_to_acknowledge(history: History) -> Iterator[float]:
    for episode in _episodes(history):
        if iso(history.since) <= episode.get("told", "") <= episode.get("acted", ""):
            acted, notified = (datetime.fromisoformat(episode[name]) for name in ("acted", "told"))
            yield (acted - notified).total_seconds()


def _cost(pages: Iterable[Mapping[str, Any]]) -> float:
    return round(sum(page["cost"] or 0 for page in pages), 2)


def _by(pages: Iterable[Mapping[str, Any]], name_of: Callable[[Mapping[str, Any]], str]) -> list[Share]:
    """The number and cost of *pages* by `name_of` each, the most frequent first."""
    counts, costs = Counter[str](), Counter[str]()
    for page in pages:
        counts[name_of(page)] += 1
        costs[name_of(page)] += page["cost"] or 0
    return [{"name": name, "count": count, "cost": round(costs[name], 2)} for name, count in counts.most_common()]


def _by_hour(pages: Iterable[Mapping[str, Any]], zone: str) -> list[Share]:
    shares = {share["name"]: share for share in _by(pages, lambda page: _hour(page, zone))}
    hours = [f"{hour:02}" for hour in range(24)]
    return [shares.get(hour, {"name": hour, "count": 0, "cost": 0.0}) for hour in hours]


def _hour(page: Mapping[str, Any], zone: str) -> str:
    return datetime.fromisoformat(page["created_at"]).astimezone(ZoneInfo(zone)).strftime("%H")


def _first(page: Mapping[str, Any], history: History) -> Mapping[str, Any] | None:
    """The first alert of *page*."""
    alerts = (page.get("cause") or {}).get("alerts") or [""]
    return history.alerts.get(alerts[0])


def _source(page: Mapping[str, Any], history: History) -> str:
    alert = _first(page, history)
    return str(alert["source"]) if alert else "unknown"


def _rule(page: Mapping[str, Any], history: History) -> str:
    alert = _first(page, history)
    return " ".join(rule_of(alert)) if alert else "unknown"


def _without_runbook(pages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (page for page in pages if page.get("cause") and not page["cause"].get("runbook"))


def _plain(rule: Noise) -> dict[str, Any]:
    counts = {name: value for name, value in asdict(rule).items() if name not in _UNSTORED}
    precision = round(rule.precision, 2)
    return {**counts, "precision": precision, "score": rule.score, "advice": rule.advice, "lines": rule.lines}


def _due(days: Mapping[tuple[str, str], date], today: date) -> Iterator[Due]:
    for (what, name), on in sorted(days.items(), key=lambda item: (item[1], item[0])):
        if on <= today + SOON:
            yield {"what": what, "name": name, "on": on.isoformat(), "overdue": on <= today}


def _dollars(history: History) -> float:
    """What a month of such weeks would cost on Google Cloud, without the free quota."""
    critical = min(1.0, len(history.pages) / history.events) if history.events else 0.0
    items = sum(len(digest["members"]) for digest in history.digests)
    size = max(1, round(items / len(history.digests))) if history.digests else 5
    lines = bill(round(history.events / history.days), critical=critical, digest_size=size)
    return round(sum(line.dollars for line in lines), 2)
