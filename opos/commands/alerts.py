"""`opos alerts`."""

from datetime import UTC, datetime
from typing import Any

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import until_moment
from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import NotFound
from shared.ports import Doc, Store
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.acknowledgement import Act, act_on_alert


@click.group("alerts")
def command() -> None:
    """List what is open; acknowledge, snooze or resolve it."""


@command.command("list")
@with_place
@json_option
@reports_errors
def list_(place: Place, *, as_json: bool) -> None:
    """What is open."""
    found = _open(place.runtime().store)
    text = "\n".join(_line(doc) for doc in found) or "Nothing is open."
    show([doc.data for doc in found], text, as_json=as_json)


@command.command("ack")
@click.argument("alert")
@with_place
@json_option
@reports_errors
def ack(alert: str, place: Place, *, as_json: bool) -> None:
    """Somebody is on it: repeats are counted and tell nobody, until the route's ack_timeout."""
    _do(alert, "acknowledge", None, place, as_json=as_json)


@command.command("snooze")
@click.argument("alert")
@click.argument("until")
@with_place
@json_option
@reports_errors
def snooze(alert: str, until: str, place: Place, *, as_json: bool) -> None:
    """Let it rest UNTIL then: `2h`, `15:00`, `until 15:00`, a day or a moment."""
    runtime = place.runtime()
    _do(alert, "snooze", until_moment(until, datetime.now(UTC), runtime.config.timezone), place, as_json=as_json)


@command.command("resolve")
@click.argument("alert")
@with_place
@json_option
@reports_errors
def resolve(alert: str, place: Place, *, as_json: bool) -> None:
    """It is over."""
    _do(alert, "resolve", None, place, as_json=as_json)


def _do(wanted: str, what: Act, until: datetime | None, place: Place, *, as_json: bool) -> None:
    context = place.runtime().context()
    done = retry_conflicts(lambda: _act(wanted, what, until, context))
    show(done.data, _line(done), as_json=as_json)


def _act(wanted: str, what: Act, until: datetime | None, context: Context) -> Doc:
    found = [doc for doc in _open(context.store) if doc.id.startswith(wanted)]
    if len(found) != 1:
        said = "There is no open alert" if not found else "More than one open alert begins with"
        raise NotFound(f"{said} {wanted}.", hint="`opos alerts list` shows them.")
    return act_on_alert(found[0], what, context, by="cli", until=until)


def _open(store: Store) -> list[Doc]:
    docs = [doc for state in sorted(OPEN) for doc in store.query("alerts", where=[("state", "==", state)])]
    return sorted(docs, key=lambda doc: (doc.data["state"] != "firing", str(doc.data["first_seen"])))


def _line(doc: Doc) -> str:
    data: dict[str, Any] = doc.data
    until = f" until {data['until']}" if data.get("until") else ""
    held = f"; held back: {data['held']['reason']}" if data.get("held") else ""
    return f"{doc.id[:8]}  {data['severity']:<8} {data['state']}{until}  {data['title']} (x{data['count']}){held}"
