"""The review in words, section by section: for the mail, the chat message, the console, and the terminal."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.alerting.route_suggestions import WHERE
from shared.review.figures import Due, Review, Share
from shared.review.monthly import CHECKLIST, Monthly
from shared.values.local_time import duration
from shared.values.text import counted, one_line


class Section(NamedTuple):
    """A line that starts with `CODE` is to be copied as it is. `checklist` is an address."""

    heading: str
    lines: list[str]
    checklist: str = ""


CODE = "- {"


def title(review: Review) -> str:
    """The week in one line."""
    return f"Weekly review: {counted(review['interruptions'], 'interruption')}, {_comparison(review)}"


def period(review: Review) -> str:
    """`9 November to 16 November 2026`, in the operator's zone."""
    zone = ZoneInfo(review["zone"])
    first, last = (datetime.fromisoformat(end).astimezone(zone) for end in (review["since"], review["until"]))
    return f"{first.day} {first:%B} to {last.day} {last:%B %Y}"


def sections(review: Review) -> list[Section]:
    """The sections of the review. A section without content says so in one line."""
    missing = [f"{one_line(share['name'])}: {_interruptions_of(share)}" for share in review["runbooks_missing"]]
    return [
        *_monthly(review.get("monthly")),
        Section("Interruptions", list(_interruptions(review))),
        Section("Noise", list(_noise(review)) or ["No unnecessary interruptions."]),
        Section("Time to acknowledge", list(_acknowledging(review))),
        Section("Digests", list(_digests(review))),
        Section("Missing runbooks", missing or ["None."]),
        Section("Due", [_due(due) for due in review["due"]] or ["Nothing is due within two weeks."]),
        Section("Running opos", list(_running(review))),
    ]


def _monthly(monthly: Monthly | None) -> Iterator[Section]:
    if monthly:
        first = f"The monthly review of operations for {monthly['month']} is due. Its checklist: {CHECKLIST}"
        budgets = [f"{name}: {percent:g}% of its error budget is left." for name, percent in _budgets(monthly)]
        yield Section("Once a month", [first, *budgets], monthly["checklist"])


def _budgets(monthly: Monthly) -> Iterator[tuple[str, float]]:
    return ((budget["objective"], budget["left"]) for budget in monthly["budgets"])


def _comparison(review: Review) -> str:
    more = review["interruptions"] - review["before"]
    if not more:
        return "as many as the week before"
    return f"{abs(more):,} {'more' if more > 0 else 'fewer'} than the week before"


def _interruptions(review: Review) -> Iterator[str]:
    count = counted(review["interruptions"], "interruption")
    yield f"{count} at a cost of {review['cost']:g}, {_comparison(review)}."
    yield from (f"{one_line(share['name'])}: {_interruptions_of(share)}" for share in review["by_source"])
    costliest = max(review["by_hour"], key=lambda share: share["cost"])
    if costliest["count"]:
        yield f"Costliest hour: {costliest['name']}:00 ({_interruptions_of(costliest)})."
    if review["unread"]:
        yield f"{counted(review['unread'], 'more alert')} beyond the limit of a review: not included."


def _due(due: Due) -> str:
    return f"{due['what']} {one_line(due['name'])}: {due['on']}{' (overdue)' if due['overdue'] else ''}"


def _interruptions_of(share: Share) -> str:
    return f"{counted(share['count'], 'interruption')}, cost {share['cost']:g}"


def _noise(review: Review) -> Iterator[str]:
    for rule in review["noise"]:
        if rule["score"]:
            counts = f"acted on {rule['acted']}, resolved on its own {rule['by_itself']}"
            counts += f", fired for long {rule['lasting']}" if rule.get("lasting") else ""
            name = f"{one_line(rule['source'])} {one_line(rule['alertname'])}"
            yield f"{name}: {counted(rule['told'], 'interruption')}, {counts}; noise {rule['score']:g}"
        if rule["advice"]:
            action = "Delete it at its source, or" if rule["advice"] == "delete" else f"To {rule['advice']},"
            yield f"{action} write {WHERE}:"
            yield one_line(rule["lines"], 400)


def _acknowledging(review: Review) -> Iterator[str]:
    mean, median = review["mean_time_to_acknowledge"], review["median_time_to_acknowledge"]
    alerts = counted(review["calls"], "alert")
    if mean is None or median is None:
        yield f"{alerts} interrupted you; none was acknowledged." if review["calls"] else "Nothing to acknowledge."
        return
    times = f"median {duration(timedelta(seconds=median))}, mean {duration(timedelta(seconds=mean))}"
    yield f"{review['acknowledged']} of {alerts}: {times}."


def _digests(review: Review) -> Iterator[str]:
    digests, alerts = counted(review["digests"], "digest"), counted(review["listed"], "alert")
    yield f"{digests} with {alerts} that fired; you acted on {review['listed_and_acted_on']}."


def _running(review: Review) -> Iterator[str]:
    dollars = f"${review['dollars_a_month']:.2f}"
    yield f"{counted(review['events'], 'event')}; at this rate, a month on Google Cloud costs {dollars}."
