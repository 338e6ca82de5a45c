"""`opos status`."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import click

from opos.commands.alerts import lines_of
from opos.terminal.colour import by_severity, painted
from opos.terminal.next_step import command_line
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.width import fitted, table
from shared.ports.terms import without_derived
from shared.services.standing.standing import Standing, standing
from shared.services.standing.waiting import Problem, Section
from shared.values.text import counted, readable

_URGENT, _FEW = 5, 3
"""How many alerts are shown of those that need the operator now, and of the other firing ones."""
_ID = re.compile("[0-9a-f-]{8,}")


@click.command("status")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something needs you now.")
@with_place
@json_option
@reports_errors
def command(place: Place, *, exit_code: bool, as_json: bool) -> None:
    """Show on one screen what needs you now, what can wait, the next digests, and what holds notifications.

    Exits with 0 whatever needs you, unless you give --exit-code.
    """
    context = place.runtime().context()
    now = standing(context)
    clock = operator_clock(context)
    lines = [*_now(now, clock), *_waits(now, clock), *_next(now, clock), *_held(now, clock)]
    show(_content(now), lines, as_json=as_json, paint=lambda line: _painted(line, now))
    if exit_code and now.now:
        raise SystemExit(FAILED)


def _content(now: Standing) -> dict[str, Any]:
    return {
        "level": now.headline.level, "headline": now.headline.text, "needs_you": now.now,
        "alerts": [without_derived(doc.data) for doc in now.alerts.needing],
        "firing": [without_derived(doc.data) for doc in now.firing],
        "counts": dict(now.alerts.counts),
        "waits": [
            {
                "kind": section.name, "count": section.count,
                "first": [{"id": problem.id, "title": problem.title} for problem in section.problems],
            }
            for section in now.waits
        ],
        "digests": now.digests, "focus": now.focus,
        "silences": [{"id": doc.id, **doc.data} for doc in now.silences],
        "last_sweep": now.sweep,
    }  # fmt: skip


def _now(now: Standing, clock: OperatorClock) -> Iterator[str]:
    """The headline, and what needs the operator with the command to paste."""
    yield f"{now.headline.title}."
    if now.headline.detail:
        yield now.headline.detail
    if now.is_silent:
        seen = f"The last sweep was at {clock.time_and_age(now.sweep)}" if now.sweep else "No sweep has ever run"
        yield ""
        yield f"critical  {seen}: opos does not seem to be running, so nothing notifies you."
        yield f"  {command_line('doctor')}"
    needing = now.alerts.needing
    if needing:
        yield ""
        yield from lines_of(needing[:_URGENT], clock)
        yield f"  {command_line('alerts ack ' + ' '.join(doc.id[:8] for doc in needing[:_URGENT]))}"
    if len(needing) > _URGENT:
        yield f"  {len(needing) - _URGENT:,} more: {command_line('alerts list')}"


def _waits(now: Standing, clock: OperatorClock) -> Iterator[str]:
    if now.firing or now.waits:
        yield ""
        yield "Can wait"
    shown = now.firing[:_FEW]
    yield from (f"  {line}" for line in lines_of(shown, clock, indent=2))
    if len(now.firing) > len(shown):
        yield f"  {len(now.firing) - len(shown):,} more: {command_line('alerts list')}"
    for section in now.waits:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"  {section.words}: {command_line(shlex.join(section.command))}"
    yield from (fitted(f"    {_id(problem)}{readable(problem.title)}") for problem in section.problems)


def _id(problem: Problem) -> str:
    """The beginning of an id, which commands take; a title contains every name."""
    return f"{problem.id[:8]}  " if _ID.fullmatch(problem.id) else ""


def _next(now: Standing, clock: OperatorClock) -> Iterator[str]:
    if now.digests:
        yield ""
        yield "Next digest"
    rows = [
        (
            digest["queue"],
            clock.time_and_age(digest["due_at"]),
            f"{counted(digest['items'], 'item')} on {digest['channel']}",
        )
        for digest in now.digests
    ]
    yield from (f"  {line}" for line in table(rows, indent=2))


def _held(now: Standing, clock: OperatorClock) -> Iterator[str]:
    if now.focus or now.silences:
        yield ""
        yield "In force"
    if now.focus:
        until = f" until {clock.time_and_age(now.focus['ends_at'])}" if now.focus["ends_at"] else ""
        yield fitted(f"  focus {now.focus['name']}{until}: only critical alerts notify you")
    for doc in now.silences:
        ends = clock.time_and_age(doc.data["ends_at"])
        yield fitted(f"  silence {doc.id[:8]} until {ends}: {readable(', '.join(doc.data['matchers']))}")


def _painted(line: str, now: Standing) -> str:
    if line == f"{now.headline.title}.":
        return painted(line, now.headline.level)
    return painted(line, "heading") if line in {"Can wait", "Next digest", "In force"} else by_severity(line)
