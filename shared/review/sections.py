"""The review in words, section by section: for the mail, the chat message, the console, and the terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.alerting.route_suggestions import WHERE
from shared.review.figures import Due, Review, Share
from shared.review.goals import LONGEST_WORK, MONTHS, Goals, Measure, Part
from shared.review.monthly import CHECKLIST, Monthly
from shared.values.local_time import duration
from shared.values.text import counted, one_line


class Section(NamedTuple):
    """A line that starts with `CODE` is to be copied as it is. `checklist` is an address.

    `folded` explains the figures, under `summary`; a page shows it on demand, and other forms below the lines.
    """

    heading: str
    lines: list[str]
    checklist: str = ""
    summary: str = ""
    folded: Sequence[str] = ()


CODE = "- {"


def title(review: Review) -> str:
    """The week in one line."""
    total = _total(review)
    return f"Weekly review: {total[:1].lower()}{total[1:]}{_comparison(review)}"


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
        *_goals(review.get("goals")),
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
        return ", as many as the week before" if review["interruptions"] else ""
    return f", {abs(more):,} {'more' if more > 0 else 'fewer'} than the week before"


def _total(review: Review) -> str:
    return counted(review["interruptions"], "interruption") if review["interruptions"] else "No interruptions"


def _interruptions(review: Review) -> Iterator[str]:
    cost = f" at a cost of {review['cost']:g}" if review["interruptions"] else ""
    yield f"{_total(review)}{cost}{_comparison(review)}."
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


def _goals(goals: Goals | None) -> Iterator[Section]:
    if goals:
        lines = [*map(_measured, goals["measures"]), _your_time(goals)]
        yield Section("Goals", lines, summary="How your time is estimated", folded=list(_estimates(goals)))


def _measured(measure: Measure) -> str:
    verdict = f" Goal: {_length(measure['goal'])}; {measure['verdict']}." if measure["goal"] is not None else ""
    if measure["median"] is None or measure["slowest"] is None:
        return f"{measure['name']}: no data.{_left_out(measure)}{verdict if measure['goal'] is not None else ''}"
    at_least = "at least " if measure["open"] else ""
    times = f"median {at_least}{_length(measure['median'])}, slowest {at_least}{_length(measure['slowest'])}"
    return f"{measure['name']}: {times}, of {_alerts(measure)}.{_left_out(measure)}{verdict}"


def _alerts(measure: Measure) -> str:
    return counted(measure["count"], "alert") + (f", {measure['open']} of them still open" if measure["open"] else "")


def _left_out(measure: Measure) -> str:
    others = f" {counted(measure['others'], 'alert')} resolved before you acted." if measure["others"] else ""
    unmeasured = (
        f" {counted(measure['unmeasured'], 'alert')} while the clock was set back." if measure["unmeasured"] else ""
    )
    return others + unmeasured


def _length(seconds: float) -> str:
    return duration(timedelta(seconds=seconds))


def _your_time(goals: Goals) -> str:
    goal = f"Goal: {_minutes(goals['minutes_goal'])}; {goals['minutes_verdict']}."
    if goals["minutes_a_month"] is None:
        return f"Your time: no data. {goal}"
    return f"Your time: about {_minutes(goals['minutes_a_month'])} a month, estimated. {goal}"


def _minutes(minutes: float) -> str:
    return duration(timedelta(minutes=minutes))


def _estimates(goals: Goals) -> Iterator[str]:
    yield from map(_estimated, goals["parts"])
    week = sum(part["minutes"] for part in goals["parts"])
    yield f"In sum {week:g} min in the week, times {MONTHS:.2f} for a month. Other work is not counted."


def _estimated(part: Part) -> str:
    if part["each"] is None:
        longest = _length(LONGEST_WORK.total_seconds())
        return f"{part['what'].capitalize()}, until resolved, at most {longest} each: {part['minutes']:g} min"
    return f"{counted(part['count'], part['what'])}, {part['each']:g} min each: {part['minutes']:g} min"


def _digests(review: Review) -> Iterator[str]:
    if not review["digests"]:
        yield "No digests."
        return
    digests, alerts = counted(review["digests"], "digest"), counted(review["listed"], "alert")
    yield f"{digests} with {alerts} that fired; you acted on {review['listed_and_acted_on']}."


def _running(review: Review) -> Iterator[str]:
    dollars = f"${review['dollars_a_month']:.2f}"
    yield f"{counted(review['events'], 'event')}; at this rate, a month on Google Cloud costs {dollars}."
