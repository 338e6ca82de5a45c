"""`opos alerts`."""

import getpass
from datetime import UTC, datetime
from typing import Any

import click

from opos.terminal.lookup import find, single
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock, until_moment
from shared.alerting.changes import Person
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.ports import Doc, Store
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.acknowledgement import Act, act_on_alert
from shared.services.alerting.alert_notes import add_note
from shared.values.distinction import distinctions, named
from shared.values.local_time import age


@click.group("alerts")
def command() -> None:
    """List open alerts; acknowledge, snooze or resolve them; add notes."""


@command.command("list")
@with_place
@json_option
@reports_errors
def list_(place: Place, *, as_json: bool) -> None:
    """List the open alerts."""
    runtime = place.runtime()
    alerts, clock = _open(runtime.store), operator_clock(runtime)
    texts = distinctions([alert.data for alert in alerts])
    lines = [_line(alert, clock, apart) for alert, apart in zip(alerts, texts, strict=True)]
    show([alert.data for alert in alerts], lines or "No alert is open.", as_json=as_json)


@command.command("ack")
@click.argument("alert")
@with_place
@json_option
@reports_errors
def ack(alert: str, place: Place, *, as_json: bool) -> None:
    """Acknowledge ALERT: it does not notify you again until the ack_timeout of its route ends."""
    _do(alert, "acknowledge", None, place, as_json=as_json)


@command.command("snooze")
@click.argument("alert")
@click.argument("until")
@with_place
@json_option
@reports_errors
def snooze(alert: str, until: str, place: Place, *, as_json: bool) -> None:
    """Stop notifications about ALERT UNTIL a time: `2h`, `15:00`, `until 15:00`, a day or an ISO 8601 time."""
    runtime = place.runtime()
    _do(alert, "snooze", until_moment(until, datetime.now(UTC), runtime.config.timezone), place, as_json=as_json)


@command.command("resolve")
@click.argument("alert")
@with_place
@json_option
@reports_errors
def resolve(alert: str, place: Place, *, as_json: bool) -> None:
    """Resolve ALERT: its problem has ended."""
    _do(alert, "resolve", None, place, as_json=as_json)


@command.command("note")
@click.argument("alert")
@click.argument("text")
@click.option("--as", "who", default=None, help="Who writes the note.  [default: the user of this machine]")
@with_place
@json_option
@reports_errors
def note(alert: str, text: str, who: str | None, place: Place, *, as_json: bool) -> None:
    """Add a note to ALERT, open or resolved: TEXT becomes part of its story and of `opos incident export`."""
    context = place.runtime().context()
    doc = find(context.store, "alerts", alert, noun="alert", hint="`opos alerts list` shows the ids of open alerts.")
    person = Person(who or getpass.getuser())
    try:
        noted = retry_conflicts(lambda: add_note(doc.id, text, context, via="cli", person=person))
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="TEXT") from None
    show(noted.data, [f"Added to {noted.id[:8]}  {noted.data['title']}"], as_json=as_json)


def _do(wanted: str, act: Act, until: datetime | None, place: Place, *, as_json: bool) -> None:
    context = place.runtime().context()
    alert = retry_conflicts(lambda: _act(wanted, act, until, context))
    show(alert.data, [_line(alert, operator_clock(context))], as_json=as_json)


def _act(wanted: str, act: Act, until: datetime | None, context: Context) -> Doc:
    matches = [alert for alert in _open(context.store) if alert.id.startswith(wanted)]
    alert = single(matches, wanted, noun="open alert", hint="`opos alerts list` shows the ids.")
    return act_on_alert(alert, act, context, by="cli", person=Person(getpass.getuser()), until=until)


def _open(store: Store) -> list[Doc]:
    docs = [doc for state in sorted(OPEN) for doc in store.query("alerts", where=[("state", "==", state)])]
    return sorted(docs, key=lambda doc: (doc.data["state"] != "firing", str(doc.data["first_seen"])))


def _line(alert: Doc, clock: OperatorClock, apart: str = "") -> str:
    data: dict[str, Any] = alert.data
    until = f" until {clock.time(data['until'])}" if data.get("until") else ""
    held = f"; held: {clock.text(data['held']['reason'])}" if data.get("held") else ""
    seen = f"(x{data['count']}, first seen {age(data['first_seen'], clock.now)})"
    return f"{alert.id[:8]}  {data['severity']:<8} {data['state']}{until}  {named(data['title'], apart)} {seen}{held}"
