"""`opos events`."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from opos.history.arrivals import arrivals
from opos.history.event_feed import feed
from opos.history.event_list import AGE, MOST, STATES, Latest, Selection, entry, latest, line, width
from opos.senders.signed_request import UnknownSource
from opos.terminal.completion import sources
from opos.terminal.groups import Choice
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import json_text, reports_errors, say, show
from opos.terminal.reader import until_reader_ends, wait
from opos.terminal.times import moment, operator_clock
from opos.terminal.width import fitted
from shared.config.files.faults import ConfigError
from shared.events import OWN_SOURCE
from shared.ports import Doc
from shared.runtime.container import Runtime
from shared.values.text import readable

_STATES = f"{', '.join(STATES[:-1])} or {STATES[-1]}"


@click.command("events")
@click.option("--source", shell_complete=sources, help="Only the events of this source.")
@click.option("--type", "event_type", help="Only the events of this type; * stands for any characters.")
@click.option("--state", type=Choice(STATES), metavar="STATE", help=f"Only the events in this state: {_STATES}.")
@click.option(
    "--since",
    type=moment,
    help=f"An age (2h), a day or an ISO 8601 time; {AGE.days}d by default, except for backlogs.",
)
@click.option("--limit", type=click.IntRange(0, 1000), default=20, show_default=True, help="The most events to list.")
@click.option(
    "--follow", is_flag=True, help="Then print new events as they come, until Ctrl-C. With --json, one on each line."
)
@with_place
@json_option
@reports_errors
def command(
    place: Place, source: str | None, event_type: str | None, state: str | None, since: datetime | None,
    limit: int, *, follow: bool, as_json: bool,
) -> None:  # fmt: skip
    """List the latest events, the newest first, with what became of each.

    The third column is the verdict on its alerts (page, hold, digest, record), or the state that has kept it from one.
    """
    runtime, selection = place.runtime(), Selection(source, event_type, state, since)
    if follow:
        if unknown := _unknown(runtime, source):
            raise UnknownSource(unknown)
        with until_reader_ends():
            _follow(runtime, selection, limit, as_json=as_json)
        return
    events = latest(runtime.store, selection, datetime.now(UTC), limit=limit)
    entries, clock = [entry(doc) for doc in events.docs], operator_clock(runtime)
    lines = [fitted(line(event, clock, width(entries, clock))) for event in entries]
    show(entries, lines or _none(runtime, source), as_json=as_json)
    _warn(events)


def _follow(runtime: Runtime, selection: Selection, limit: int, *, as_json: bool) -> None:
    """The latest events in the order in which they came, then each new one."""
    now = datetime.now(UTC)
    coming = arrivals(runtime.store, now=now)
    events = latest(runtime.store, selection, now, limit=limit)
    _print(reversed(events.docs), runtime, as_json=as_json)
    _warn(events)
    shown = {doc.id for doc in events.docs}
    new = feed(coming, now=lambda: datetime.now(UTC), wait=wait, warn=lambda text: say(text, err=True))
    _print((doc for doc in new if doc.id not in shown and selection.includes(doc)), runtime, as_json=as_json)


def _print(docs: Iterable[Doc], runtime: Runtime, *, as_json: bool) -> None:
    for event in map(entry, docs):
        say(json_text(event) if as_json else fitted(readable(line(event, operator_clock(runtime)))))


def _none(runtime: Runtime, source: str | None) -> str:
    return " ".join(("No event matches.", _unknown(runtime, source))).rstrip()


def _unknown(runtime: Runtime, source: str | None) -> str:
    """Says that opos.yaml has no *source*; empty if it has."""
    known = _sources(runtime)
    if source is None or source in known or not known:
        return ""
    return f"opos.yaml has no source {readable(source)!r}, only {', '.join(known)}."


def _sources(runtime: Runtime) -> list[str]:
    """The sources of opos.yaml, and of opos itself; none if opos.yaml is not valid, which must not hide the events."""
    try:
        return [*runtime.config.sources, OWN_SOURCE]
    except ConfigError:
        return []


def _warn(events: Latest) -> None:
    if not events.is_whole:
        read = f"opos reads at most {MOST:,} events for a list, and there are more: others as new are missing."
        say(f"{read} `opos export` writes all; --state accepted, dead or quarantined reads fewer.", err=True)
