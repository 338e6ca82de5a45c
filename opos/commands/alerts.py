"""`opos alerts`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import click

from opos.terminal.colour import by_severity
from opos.terminal.completion import ids
from opos.terminal.groups import Listing
from opos.terminal.lookup import find
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, say, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.vocabulary import as_option, ending, for_option, person, until_option
from opos.terminal.width import table
from shared.alerting.attention import urgency
from shared.alerting.changes import Person
from shared.alerting.state_machine import OPEN
from shared.errors import OposError
from shared.ports import Doc, Store
from shared.ports.terms import without_derived
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.acknowledgement import Act, act_on_alerts
from shared.services.alerting.alert_notes import add_note
from shared.services.alerting.open_alerts import MOST, OpenAlerts, read_open_alerts
from shared.values.distinction import distinctions, named
from shared.values.kinds import ALERT
from shared.values.local_time import age
from shared.values.text import headline

_SHOWN = 50
_RESOLVED = 1000
"""How many resolved alerts a list reads at most."""
_FIRED = "{} has fired again in the meantime, so nothing was changed."
_ids = click.argument("alerts", metavar="ALERT...", nargs=-1, required=True, shell_complete=ids(ALERT))


@click.group("alerts", cls=Listing)
def command() -> None:
    """List open alerts; acknowledge, snooze or resolve them; add notes. Without a command, list them.

    ALERT is the id of an alert, or the beginning of its id.
    """


@command.command("list")
@click.option("--all", "is_all", is_flag=True, help="Also list resolved alerts, which opos keeps for 400 days.")
@click.option("--limit", type=click.IntRange(1), help=f"The most alerts to list.  [default: {_SHOWN}; all with --json]")
@with_place
@json_option
@reports_errors
def list_(place: Place, limit: int | None, *, is_all: bool, as_json: bool) -> None:
    """List the open alerts in the order to act: severity, state, age, source, id and title.

    First comes what needs you now (firing, critical, not silenced), then what else is firing, then the rest.
    """
    context = place.runtime().context()
    opened = read_open_alerts(context, most=limit or MOST)
    docs = [*_listed(opened, context.store, limit, as_json=as_json), *(_resolved(context.store) if is_all else ())]
    docs = docs[: limit or (None if as_json else _SHOWN)]
    lines = [*lines_of(docs, operator_clock(context)), *_left_out(docs, opened, is_all=is_all)]
    show([without_derived(doc.data) for doc in docs], lines or "No alert is open.", as_json=as_json, paint=by_severity)


@command.command("ack")
@_ids
@with_place
@json_option
@reports_errors
def ack(alerts: tuple[str, ...], place: Place, *, as_json: bool) -> None:
    """Acknowledge each ALERT: it does not notify you again until the ack_timeout of its route ends."""
    _do(alerts, "acknowledge", None, place, as_json=as_json)


@command.command("snooze")
@_ids
@for_option
@until_option
@with_place
@json_option
@reports_errors
def snooze(alerts: tuple[str, ...], length: str | None, until: str | None, place: Place, *, as_json: bool) -> None:
    """Stop notifications about each ALERT for a time: `--for 2h`, `--until 15:00`, or only `2h` at the end."""
    *ids, last = alerts
    if length is until is None and ids:
        alerts, until = tuple(ids), last
    _do(alerts, "snooze", ending(length, until, place.runtime().config.timezone), place, as_json=as_json)


@command.command("resolve")
@_ids
@with_place
@json_option
@reports_errors
def resolve(alerts: tuple[str, ...], place: Place, *, as_json: bool) -> None:
    """Resolve each ALERT: its problem has ended."""
    _do(alerts, "resolve", None, place, as_json=as_json)


@command.command("note")
@click.argument("alert", shell_complete=ids(ALERT))
@click.argument("text")
@as_option
@with_place
@json_option
@reports_errors
def note(alert: str, text: str, who: str | None, place: Place, *, as_json: bool) -> None:
    """Add a note to ALERT, open or resolved: TEXT becomes part of its story and of `opos incident export`."""
    context = place.runtime().context()
    doc = find(context.store, ALERT, alert)
    writer = Person(person(who))
    try:
        noted = retry_conflicts(lambda: add_note(doc.id, text, context, via="cli", person=writer))
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="TEXT") from None
    show(without_derived(noted.data), [f"Added to {noted.id[:8]}  {noted.data['title']}"], as_json=as_json)


def _do(wanted: Sequence[str], act: Act, until: datetime | None, place: Place, *, as_json: bool) -> None:
    """Acts on every alert that *wanted* names, and says at the end what could not be named. Exits with 1 then."""
    context = place.runtime().context()
    named, failures = _named(wanted, context.store)
    before = {alert.path: alert for alert in named}
    who = Person(person(None))
    acted, _ = act_on_alerts(list(before.values()), act, context, by="cli", person=who, until=until)
    after = {alert.path: alert for alert in acted}
    pairs = [(before[path], after[path]) for path in before if path in after]
    failures += [(alert.id, _FIRED.format(alert.id[:8])) for path, alert in before.items() if path not in after]
    clock = operator_clock(context)
    if pairs or as_json:
        content = [
            *(without_derived(alert.data) for _, alert in pairs),
            *({"id": id, "error": text} for id, text in failures),
        ]
        show(content[0] if len(wanted) == 1 else content, [_done(*pair, clock) for pair in pairs], as_json=as_json)
    if failures:
        say("\n".join(text for _, text in failures), err=True)
        say(f"hint: {ALERT.hint}", err=True)
        raise SystemExit(FAILED)


def _named(wanted: Sequence[str], store: Store) -> tuple[list[Doc], list[tuple[str, str]]]:
    """The alerts that *wanted* names, and each id that names none, with why."""
    alerts, failures = [], []
    for id in wanted:
        try:
            alerts.append(find(store, ALERT, id, preferred=lambda doc: doc.data["state"] in OPEN))
        except OposError as fault:
            failures.append((id, fault.message))
    return alerts, failures


def _done(before: Doc, after: Doc, clock: OperatorClock) -> str:
    """What became of an alert, in words: `Acknowledged until 07:15` or `Already resolved at 03:20`."""
    data = after.data
    name = f"{after.id[:8]}  {headline(data['title'])}"
    if after.version != before.version:
        until = f" until {clock.time_and_age(data['until'])}" if data.get("until") else ""
        return f"{name}: {data['state']}{until}."
    if data["state"] == "noted":
        return f"{name}: a business event, on which there is nothing to do."
    since = data.get("resolved_at") or data.get("acknowledged_at")
    at = f" at {clock.time(since)}" if since else ""
    return f"{name}: already {data['state']}{at}. Nothing was changed."


def lines_of(docs: Sequence[Doc], clock: OperatorClock, *, indent: int = 0) -> Iterator[str]:
    """A line for each alert; those of the same title with the labels that tell them apart."""
    texts = distinctions([doc.data for doc in docs])
    rows = [_row(doc.id, doc.data, clock, apart) for doc, apart in zip(docs, texts, strict=True)]
    return table(rows, indent=indent)


def _row(id: str, data: dict[str, Any], clock: OperatorClock, apart: str) -> tuple[str, ...]:
    notes = [*_notes(data, clock)]
    title = named(headline(data.get("title") or ""), apart) + (f"  ({'; '.join(notes)})" if notes else "")
    began = data.get("began") or data["first_seen"]
    return data["severity"], data["state"], age(began, clock.now), data.get("source", ""), id[:8], title


def _notes(data: dict[str, Any], clock: OperatorClock) -> Iterator[str]:
    if data.get("until"):
        yield f"until {clock.time(data['until'])}"
    if data.get("count", 1) > 1:
        yield f"{data['count']:,} times"
    if data.get("held"):
        yield f"held: {clock.text(data['held']['reason'])}"


def _listed(opened: OpenAlerts, store: Store, limit: int | None, *, as_json: bool) -> list[Doc]:
    """The alerts that were read; all that are open, for a program that sets no limit."""
    if opened.is_whole or limit or not as_json:
        return opened.docs
    every = chain.from_iterable(store.query("alerts", where=[("state", "==", state)]) for state in opened.counts)
    return sorted(every, key=lambda doc: urgency(doc.data))


def _resolved(store: Store) -> list[Doc]:
    """Resolved alerts, the last first. No index orders them, so of very many these are only some."""
    docs = store.query("alerts", where=[("state", "==", "resolved")], limit=_RESOLVED)
    return sorted(docs, key=lambda doc: str(doc.data["resolved_at"]), reverse=True)


def _left_out(docs: Sequence[Doc], opened: OpenAlerts, *, is_all: bool) -> Iterator[str]:
    shown = sum(doc.data["state"] in OPEN for doc in docs)
    if shown < opened.total:
        yield f"These are {shown:,} of {opened.total:,} open alerts, the most urgent first; --limit lists more."
    if is_all and len(docs) - shown >= _RESOLVED:
        yield f"opos reads at most {_RESOLVED:,} resolved alerts for a list, and there may be more."
