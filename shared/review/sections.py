"""The review in words, section by section: what the mail, the chat and the console have in common."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.alerting.route_suggestions import WHERE
from shared.review.figures import Due, Review, Share
from shared.review.monthly import CHECKLIST, Monthly
from shared.values.text import counted, one_line


class Section(NamedTuple):
    """A line that begins with `CODE` is one to copy as it is. `checklist` is an address."""

    heading: str
    lines: list[str]
    checklist: str = ""


CODE = "- {"


def title(found: Review) -> str:
    """The week in one line."""
    return f"Your week: {counted(found['interruptions'], 'interruption')}, {_against(found)}"


def period(found: Review) -> str:
    """`9 November to 16 November 2026`, by the operator's days."""
    zone = ZoneInfo(found["zone"])
    first, last = (datetime.fromisoformat(found[name]).astimezone(zone) for name in ("since", "until"))
    return f"{first.day} {first:%B} to {last.day} {last:%B %Y}"


def sections(found: Review) -> list[Section]:
    """Everything the review says; a section that has nothing to say says so in a word."""
    missing = [f"{one_line(one['name'])}: {_times(one)}" for one in found["runbooks_missing"]]
    return [
        *_monthly(found.get("monthly")),
        Section("Interruptions", list(_interruptions(found))),
        Section("Noise", list(_noise(found)) or ["No rule interrupted you for nothing."]),
        Section("Acknowledging", list(_acknowledging(found))),
        Section("The digest", list(_digest(found))),
        Section("Runbooks that are missing", missing or ["None."]),
        Section("Due", [_due(one) for one in found["due"]] or ["Nothing within two weeks."]),
        Section("Running the bundle", list(_running(found))),
    ]


def _monthly(found: Monthly | None) -> Iterator[Section]:
    if found:
        first = f"The monthly review of operations for {found['month']} is due. Its checklist: {CHECKLIST}"
        left = [f"{one['objective']}: {one['left']:g} % of its error budget is left." for one in found["budgets"]]
        yield Section("Once a month", [first, *left], found["checklist"])


def _against(found: Review) -> str:
    more = found["interruptions"] - found["before"]
    if not more:
        return "as many as the week before"
    return f"{abs(more):,} {'more' if more > 0 else 'fewer'} than the week before"


def _interruptions(found: Review) -> Iterator[str]:
    yield f"{counted(found['interruptions'], 'interruption')} at a cost of {found['cost']:g}, {_against(found)}."
    yield from (f"{one_line(one['name'])}: {_times(one)}" for one in found["by_source"])
    dearest = max(found["by_hour"], key=lambda one: one["cost"])
    if dearest["count"]:
        yield f"The dearest hour is {dearest['name']}:00, with {_times(dearest)}."
    if found["unread"]:
        yield f"{found['unread']:,} more alerts were too many to be looked at."


def _due(one: Due) -> str:
    return f"{one['what']} {one_line(one['name'])}: {one['on']}{' (overdue)' if one['overdue'] else ''}"


def _times(one: Share) -> str:
    return f"{counted(one['count'], 'interruption')}, cost {one['cost']:g}"


def _noise(found: Review) -> Iterator[str]:
    for one in found["noise"]:
        if one["score"]:
            counts = f"{one['told']} times, acted on {one['acted']}, over by itself {one['by_itself']}"
            yield f"{one_line(one['source'])} {one_line(one['alertname'])}: {counts}; noise {one['score']:g}"
        if one["advice"]:
            do = "Delete it at its source, or" if one["advice"] == "delete" else f"To {one['advice']},"
            yield f"{do} write {WHERE}:"
            yield one_line(one["lines"], 400)


def _acknowledging(found: Review) -> Iterator[str]:
    mean, middle = found["mean_time_to_acknowledge"], found["median_time_to_acknowledge"]
    told = counted(found["calls"], "alert")
    if mean is None or middle is None:
        yield f"{told} interrupted you, none was acknowledged." if found["calls"] else "Nothing had to be acknowledged."
        return
    yield f"{found['acknowledged']} of {told}, after {length(mean)} on average, {length(middle)} in the middle."


def _digest(found: Review) -> Iterator[str]:
    digests, alerts = counted(found["digests"], "digest"), counted(found["listed"], "alert")
    yield f"{digests} with {alerts} that fired; {found['listed_and_acted_on']} of them acted on."


def _running(found: Review) -> Iterator[str]:
    dollars = f"${found['dollars_a_month']:.2f}"
    yield f"{counted(found['events'], 'event')}; at this rate a month on Google Cloud costs {dollars}."


def length(seconds: float) -> str:
    """`42 s`, `7 min`, `3.5 h`."""
    passed = timedelta(seconds=seconds)
    if passed < timedelta(minutes=1):
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if passed < timedelta(hours=2) else f"{seconds / 3600:.1f} h"
