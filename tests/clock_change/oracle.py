"""The messages that a script must lead to: found by walks over the minutes, without a line of what is judged."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from tests.clock_change.script import HALF_HOURLY, Problem, Script
from tests.support.cron_oracle import MINUTE, Line, clock, due_minutes

Message = tuple[datetime, str, str]
"""When it is sent, on which channel, and what about: an alert, a heartbeat, or an item of a digest."""
Item = tuple[datetime, str]
"""An item of a digest: when it starts to wait, and what it is about."""
LEVELS = (("desk", timedelta()), ("call", timedelta(minutes=15)), ("friend", timedelta(minutes=30)))
WINDOW, OWN_WINDOW = timedelta(minutes=90), MINUTE
ACK_TIMEOUT = timedelta(hours=12)
EVERY, GRACES = timedelta(hours=1), {"nightly": 20 * MINUTE, "half-hourly": 10 * MINUTE, "hourly": 5 * MINUTE}
OWN = "an escalation has ended"
_DAY = timedelta(days=1)


def expected(script: Script) -> list[Message]:
    """All messages from the start of *script* to its end, in order."""
    pages = [page for problem in script.problems if problem.queue is None for page in _pages(problem, script)]
    missed = [message for job in script.pings for message in _missed(job, script)]
    own = (*_resolved(script), *_ended(pages), *_pinged(missed, script))
    messages = (*pages, *missed, *_digests(script, own))
    return sorted(message for message in messages if message[0] < script.end)


def _pages(problem: Problem, script: Script) -> Iterator[Message]:
    """The escalation, until somebody answers; all of it once more when an acknowledgement ends, as it still fires."""
    levels = _levels(_heard(problem, script), problem.name)
    if problem.answer in {"acknowledged", "resolved"}:
        levels = (page for page in levels if page[0] <= problem.answered)
    yield from levels
    if problem.answer == "acknowledged":
        yield from _levels(_next_tick(problem.answered + ACK_TIMEOUT), problem.name)


def _levels(at: datetime, name: str) -> Iterator[Message]:
    for channel, wait in LEVELS:
        at = _next_tick(at + wait) if wait else at
        yield at, channel, name


def _heard(problem: Problem, script: Script) -> datetime:
    """When the alert may notify: immediately, or at the tick at which its silence ends."""
    return silence_end(problem, script.place.zone) if problem.answer == "silenced" else problem.at


def silence_end(problem: Problem, zone: str) -> datetime:
    """The first minute after the alert has fired at which the clocks show the end of its silence, or have skipped it."""
    moment = _next_tick(problem.at)
    while not _passes(problem.until, clock(moment - MINUTE, zone), clock(moment, zone)):
        moment += MINUTE
    return moment


def _passes(end: time, before: datetime, now: datetime) -> bool:
    return any(before < datetime.combine(day, end) <= now for day in (now, now - _DAY))


def _digests(script: Script, own: Iterable[Item]) -> Iterator[Message]:
    zone, horizon = script.place.zone, script.end + 2 * _DAY
    night = list(due_minutes(script.place.night, zone, script.start, horizon))
    half_hours = list(due_minutes(HALF_HOURLY, zone, script.start, horizon))
    yield from _queue([Waiting(at, name) for at, name in own], lambda since: since + OWN_WINDOW, script)
    yield from _queue(_warnings("night", script), lambda since: next(due for due in night if due > since), script)
    yield from _queue(_warnings("often", script), lambda since: next(due for due in half_hours if due > since), script)
    yield from _queue(_warnings("window", script), lambda since: since + WINDOW, script)


class Waiting(NamedTuple):
    """An item that waits for a digest `since` a time; silenced until `silenced` if that is later than now."""

    since: datetime
    name: str
    silenced: datetime = datetime.min.replace(tzinfo=UTC)


def _warnings(queue: str, script: Script) -> list[Waiting]:
    problems = [problem for problem in script.problems if problem.queue == queue]
    return [
        Waiting(problem.at, problem.name, silence_end(problem, script.place.zone))
        if problem.answer == "silenced"
        else Waiting(problem.at, problem.name)
        for problem in problems
    ]


def _queue(items: Iterable[Waiting], end: Callable[[datetime], datetime], script: Script) -> Iterator[Message]:
    """The digests of a queue whose batches last until `end` of their first item.

    When a batch ends, the items that are silenced leave the queue; they come back when their silence ends.
    """
    arriving, tick = sorted(items), script.start
    while tick < script.end:
        waiting = [item for item in arriving if item.since <= tick]
        if waiting and end(waiting[0].since) <= tick:
            back = [item._replace(since=item.silenced) for item in waiting if item.silenced > tick]
            ready = [item for item in waiting if item.silenced <= tick]
            sent = [item for item in ready if end(ready[0].since) <= tick and item.since < end(ready[0].since)]
            yield from ((tick, "inbox", item.name) for item in sent)
            later = [item for item in arriving if item not in waiting]
            arriving = sorted([*later, *back, *(item for item in ready if item not in sent)])
        tick += MINUTE


def _resolved(script: Script) -> Iterator[Item]:
    """An alert that notified and has resolved is a line of the digest."""
    return ((problem.answered, problem.name) for problem in script.problems if problem.answer == "resolved")


def _ended(pages: Iterable[Message]) -> Iterator[Item]:
    """So is the end of an escalation that nobody has acknowledged."""
    return ((at, OWN) for at, channel, _ in pages if channel == LEVELS[-1][0])


def _pinged(missed: Iterable[Message], script: Script) -> Iterator[Item]:
    """So is the ping after a heartbeat was missed."""
    for at, _, job in missed:
        yield from ((ping, job) for ping in [ping for ping in script.pings[job] if ping > at][:1])


def _missed(job: str, script: Script) -> Iterator[Message]:
    """One message for each time without pings, at the first tick at which a ping is overdue."""
    pings = [*script.pings[job], script.end]
    for last, following in pairwise(pings):
        at = _next_tick(_due(job, last, script) + GRACES[job])
        if at < following:
            yield at, "jobs", job


def _due(job: str, last: datetime, script: Script) -> datetime:
    if job == "hourly":
        return last + EVERY
    line: Line = script.place.night if job == "nightly" else HALF_HOURLY
    return next(due_minutes(line, script.place.zone, last.replace(second=0) + MINUTE, last + 2 * _DAY))


def _next_tick(at: datetime) -> datetime:
    """The first tick at or after *at*: ticks come with each full minute."""
    return at if at.second == 0 else at.replace(second=0) + MINUTE


def differences(messages: Iterable[Message], wanted: Iterable[Message]) -> list[str]:
    """What was sent and should not have been, or too often, and what is missing."""
    counts, right = Counter(messages), Counter(wanted)
    unexpected, missing = sorted((counts - right).elements()), sorted((right - counts).elements())
    return [*(f"unexpected: {_text(m)}" for m in unexpected), *(f"missing: {_text(m)}" for m in missing)]


def _text(message: Message) -> str:
    at, channel, subject = message
    return f"{at:%F %T} {channel}: {subject}"
