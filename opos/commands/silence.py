"""`opos silence`."""

import getpass
from datetime import UTC, datetime
from typing import Any

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import until_moment
from shared.errors import NotFound
from shared.events import iso
from shared.ports import Doc, Store
from shared.runtime.container import Runtime
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.silences import expire as end
from shared.services.alerting.silences import silence


@click.group("silence")
def command() -> None:
    """Silence alerts for a while, list and end silences."""


@command.command("add")
@click.argument("matchers", nargs=-1, required=True)
@click.option("--for", "until", required=True, metavar="UNTIL", help="`2h`, `15:00`, a day or a moment.")
@click.option("--comment", required=True, help="Why: somebody reads it at 3 a.m.")
@click.option("--author", default=None, help="Who; the user of this machine unless given.")
@with_place
@json_option
@reports_errors
def add(
    matchers: tuple[str, ...], until: str, comment: str, author: str | None, place: Place, *, as_json: bool
) -> None:
    """Silence every alert that all MATCHERS match, such as alertname=DiskFull or 'host=~"db-.*"'."""
    context = place.runtime().context()
    ends_at = until_moment(until, datetime.now(UTC), context.config.timezone)
    try:
        id = silence(matchers, ends_at, context, author=author or getpass.getuser(), comment=comment)
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="MATCHERS") from None
    show({"silence": id, "ends_at": iso(ends_at)}, f"{id[:8]} silences until {iso(ends_at)}.", as_json=as_json)


@command.command("list")
@with_place
@json_option
@reports_errors
def list_(place: Place, *, as_json: bool) -> None:
    """The silences in force, or to come."""
    found = _in_force(place.runtime().store)
    text = "\n".join(_line(doc) for doc in found) or "Nothing is silenced."
    show([{"id": doc.id, **doc.data} for doc in found], text, as_json=as_json)


@command.command("expire")
@click.argument("silence")
@with_place
@json_option
@reports_errors
def expire(silence: str, place: Place, *, as_json: bool) -> None:
    """End a silence; what it held back and still fires is told within a minute."""
    runtime = place.runtime()
    found = [doc for doc in _in_force(runtime.store) if doc.id.startswith(silence)]
    if len(found) != 1:
        raise NotFound(f"There is no one silence {silence}.", hint="`opos silence list` shows them.")
    retry_conflicts(lambda: _end(found[0].id, runtime))
    show({"silence": found[0].id}, f"{found[0].id[:8]} has ended.", as_json=as_json)


def _end(id: str, runtime: Runtime) -> None:
    end(id, runtime.context())


def _in_force(store: Store) -> list[Doc]:
    return list(store.query("silences", where=[("ends_at", ">", iso(datetime.now(UTC)))], order_by="ends_at"))


def _line(doc: Doc) -> str:
    data: dict[str, Any] = doc.data
    said = f"{data['author']}: {data['comment']}"
    return f"{doc.id[:8]}  {', '.join(data['matchers'])}  until {data['ends_at']}, by {said}"
