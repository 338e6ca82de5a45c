"""`opos silence`."""

import re
from datetime import UTC, datetime
from typing import Any

import click

from opos.terminal.completion import ids
from opos.terminal.groups import Listing
from opos.terminal.lookup import find
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.vocabulary import as_option, ending, for_option, person, until_option, why_option
from opos.terminal.width import fitted
from shared.alerting.matchers import equal
from shared.context import Context
from shared.events import iso
from shared.ports import Doc, Store
from shared.runtime.container import Runtime
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.silences import expire as end
from shared.services.alerting.silences import open_matches, silence
from shared.values.kinds import ALERT, SILENCE

_ID = re.compile("[0-9a-f]{4,32}")
"""An alert's id or its beginning; a matcher has an operator."""


@click.group("silence", cls=Listing)
def command() -> None:
    """Silence alerts for a while; list and end silences. Without a command, list them."""


@command.command("add")
@click.argument("matchers", nargs=-1, required=True)
@for_option
@until_option
@why_option("for whoever reads it at 3 a.m")
@as_option
@click.option("--dry-run", is_flag=True, help="Only show which alerts it would hold now.")
@with_place
@json_option
@reports_errors
def add(
    matchers: tuple[str, ...], length: str | None, until: str | None, why: str, who: str | None, place: Place,
    *, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Silence every alert that all MATCHERS match, such as alertname=DiskFull or 'host=~"db-.*"'.

    An alert's id, or its beginning, stands for all its labels.
    """
    context = place.runtime().context()
    ends_at = ending(length, until, context.config.timezone)
    wanted = [matcher for given in matchers for matcher in _matchers(given, context)]
    try:
        count, in_words = open_matches(wanted, context)
        id = "" if dry_run else silence(wanted, ends_at, context, author=person(who), comment=why)
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="MATCHERS") from None
    content = {"silence": id or None, "ends_at": iso(ends_at), "open_alerts": count, "matchers": wanted}
    until_then = operator_clock(context).time_and_age(ends_at)
    what = f"Silence {id[:8]} holds" if id else "Nothing was changed. The silence would hold"
    given = [f"  {matcher}" for matcher in wanted] if wanted != list(matchers) else []
    show(content, [f"{what} matching alerts until {until_then}; {in_words} now.", *given], as_json=as_json)


def _matchers(given: str, context: Context) -> list[str]:
    """The matcher *given*, or those for all labels of the alert whose id, or its beginning, it is."""
    if not _ID.fullmatch(given):
        return [given]
    alert = find(context.store, ALERT, given)
    return equal(alert.data["labels"])


@command.command("list")
@with_place
@json_option
@reports_errors
def list_(place: Place, *, as_json: bool) -> None:
    """List the current and future silences."""
    runtime = place.runtime()
    silences, clock = _not_ended(runtime.store), operator_clock(runtime)
    lines = [fitted(_line(doc, clock)) for doc in silences]
    show([{"id": doc.id, **doc.data} for doc in silences], lines or "No silence is active.", as_json=as_json)


@command.command("expire")
@click.argument("silence", shell_complete=ids(SILENCE))
@with_place
@json_option
@reports_errors
def expire(silence: str, place: Place, *, as_json: bool) -> None:
    """End SILENCE now; alerts that it held and that are still firing notify you within a minute."""
    runtime = place.runtime()
    doc = find(runtime.store, SILENCE, silence, preferred=_has_not_ended)
    retry_conflicts(lambda: _end(doc.id, runtime))
    show({"silence": doc.id}, f"Silence {doc.id[:8]} has ended.", as_json=as_json)


def _end(id: str, runtime: Runtime) -> None:
    end(id, runtime.context())


def _has_not_ended(doc: Doc) -> bool:
    return str(doc.data["ends_at"]) > iso(datetime.now(UTC))


def _not_ended(store: Store) -> list[Doc]:
    return list(store.query("silences", where=[("ends_at", ">", iso(datetime.now(UTC)))], order_by="ends_at"))


def _line(doc: Doc, clock: OperatorClock) -> str:
    data: dict[str, Any] = doc.data
    starts = f"from {clock.time(data['starts_at'])} " if data["starts_at"] > iso(clock.now) else ""
    times = f"{starts}until {clock.time_and_age(data['ends_at'])}"
    return f"{doc.id[:8]}  {', '.join(data['matchers'])}  {times}, by {data['author']}: {data['comment']}"
