"""`opos statuspage`."""

import getpass
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast, get_args

import click

from opos.bundle.data_folder import address
from opos.commands.send import NOT_FOUND
from opos.terminal.groups import Suggesting
from opos.terminal.http import get
from opos.terminal.lookup import find
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock, until_moment
from shared.config.files.faults import ConfigError, Fault
from shared.config.status_page import StatusPage
from shared.context import Context
from shared.errors import Unavailable
from shared.ports import Doc
from shared.runtime.entry import retry_conflicts
from shared.services.status_page.incidents import change, declare, listed
from shared.services.status_page.page import declared
from shared.status_page.incident import (
    ENDED,
    OPEN,
    Impact,
    IncidentDoc,
    as_incident,
    ended,
    opened,
    phase,
    planned,
    updated,
    withdrawn,
)
from shared.status_page.states import WORDS
from shared.values.durations import parse_duration
from shared.values.kinds import PUBLIC_INCIDENT

SOON = "The page shows it within a minute."
LATER = "The running bundle has no page yet. Stop it with Ctrl-C in its terminal, and start it again: `opos up`"
_IMPACTS = tuple(impact for impact in get_args(Impact) if impact != "maintenance")
_components = click.option(
    "--component", "components", multiple=True, help="The id of an affected component; repeat it for more."
)
_as = click.option("--as", "author", default=None, help="Who writes; not shown to the public. [default: your user]")


@click.group("statuspage", cls=Suggesting)
def command() -> None:
    """Declare public incidents and maintenance windows on your status page. The public reads what you type."""


@command.command("open")
@click.argument("title")
@_components
@click.option("--impact", required=True, type=click.Choice(_IMPACTS), help="The state of the components.")
@click.option("--text", default="We are investigating.", show_default=True, help="The first update.")
@_as
@with_place
@json_option
@reports_errors
def open_(
    title: str, components: tuple[str, ...], impact: str, text: str, author: str | None, place: Place, *, as_json: bool
) -> None:
    """Open a public incident: "Checkout fails for cards" --component checkout --impact down."""
    context = place.runtime().context()
    known = _known(components, _page(context))
    affects = cast("Impact", impact)
    incident = _checked(lambda: opened(title, text, components=known, impact=affects, now=context.now))
    id = declare(incident, context, by=_author(author))
    more = f'Next: `opos statuspage update {id[:8]} "We found the cause." --progress identified`'
    show({"incident": id, **incident}, [f"Public incident {id[:8]} is open. {_soon(place)}", more], as_json=as_json)


@command.command("maintenance")
@click.argument("title")
@_components
@click.option("--from", "begins", default=None, metavar="TIME", help="`2h`, `22:00`, a day or a time. [default: now]")
@click.option("--for", "lasts", default=None, metavar="DURATION", help="How long it lasts, such as `90m`.")
@click.option("--until", "ends", default=None, metavar="TIME", help="When it ends, instead of --for.")
@click.option("--text", default="Planned work.", show_default=True, help="What changes.")
@_as
@with_place
@json_option
@reports_errors
def maintenance(
    title: str, components: tuple[str, ...], begins: str | None, lasts: str | None, ends: str | None, text: str,
    author: str | None, place: Place, *, as_json: bool,
) -> None:  # fmt: skip
    """Plan a maintenance window: "Moving the database" --component checkout --from 22:00 --for 90m.

    Until it ends, its components are in maintenance, whatever their alerts say.
    """
    context = place.runtime().context()
    known, zone = _known(components, _page(context)), context.config.timezone
    starts_at = until_moment(begins, context.now, zone) if begins else context.now
    ends_at = _end(starts_at, lasts, ends, zone)
    window = _checked(
        lambda: planned(title, text, components=known, starts_at=starts_at, ends_at=ends_at, now=context.now)
    )
    id = declare(window, context, by=_author(author))
    times = " to ".join(operator_clock(context).time(time) for time in (starts_at, ends_at))
    show({"incident": id, **window}, f"Maintenance {id[:8]} is planned, {times}. {_soon(place)}", as_json=as_json)


@command.command("update")
@click.argument("incident")
@click.argument("text")
@click.option(
    "--progress",
    default=None,
    type=click.Choice(OPEN),
    metavar="PROGRESS",
    help="investigating, identified or monitoring.  [default: as before]",
)
@click.option("--impact", default=None, type=click.Choice(_IMPACTS), help="The state of the components from now on.")
@_as
@with_place
@json_option
@reports_errors
def update(
    incident: str, text: str, progress: str | None, impact: str | None, author: str | None, place: Place, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Add TEXT as an update of a public INCIDENT or a maintenance window."""

    def becomes(known: IncidentDoc, now: datetime) -> IncidentDoc:
        if known["kind"] == "maintenance" and (progress or impact):
            raise ValueError("expected no --progress and no --impact for a maintenance window")
        changes: dict[str, Any] = {"progress": progress, "impact": impact}
        return updated(known, text, now=now, **changes)

    _change(incident, becomes, "has one more update", place, author=author, as_json=as_json)


@command.command("resolve")
@click.argument("incident")
@click.argument("text", default="Resolved.")
@_as
@with_place
@json_option
@reports_errors
def resolve(incident: str, text: str, author: str | None, place: Place, *, as_json: bool) -> None:
    """Resolve a public INCIDENT, or end a maintenance window now, with TEXT as its last update."""

    def becomes(known: IncidentDoc, now: datetime) -> IncidentDoc:
        return ended(known, text, now=now)

    _change(incident, becomes, "has ended", place, author=author, as_json=as_json)


@command.command("withdraw")
@click.argument("incident")
@_as
@with_place
@json_option
@reports_errors
def withdraw(incident: str, author: str | None, place: Place, *, as_json: bool) -> None:
    """Take INCIDENT off the page and out of the feed, for example after a mistake. Feed readers may have a copy."""

    def becomes(known: IncidentDoc, now: datetime) -> IncidentDoc:
        return withdrawn(known, now=now)

    _change(incident, becomes, "is withdrawn", place, author=author, as_json=as_json)


@command.command("list")
@with_place
@json_option
@reports_errors
def list_(place: Place, *, as_json: bool) -> None:
    """List what the page shows: open incidents, maintenance windows, and what ended within 14 days."""
    context = place.runtime().context()
    docs, clock = listed(context), operator_clock(context)
    lines = [_line(doc, clock) for doc in docs]
    show([{"id": doc.id, **doc.data} for doc in docs], lines or "The page lists no incidents.", as_json=as_json)


def _line(doc: Doc, clock: OperatorClock) -> str:
    incident = as_incident(doc.data)
    now = phase(incident, clock.now)
    time = clock.time_and_age(incident["ended_at"] or incident.get("ends_at") or incident["began_at"])
    times = f"ended {time}" if now in ENDED else f"until {time}" if "ends_at" in incident else f"since {time}"
    affected = ", ".join(incident["components"]) or "no component"
    return f"{doc.id[:8]}  {now}  {WORDS[incident['impact']].lower()}: {affected}  {times}  {incident['title']}"


def _change(
    wanted: str, becomes: Callable[[IncidentDoc, datetime], IncidentDoc], words: str, place: Place, *,
    author: str | None, as_json: bool,
) -> None:  # fmt: skip
    context = place.runtime().context()
    doc = find(context.store, PUBLIC_INCIDENT, wanted)
    changed = _checked(
        lambda: retry_conflicts(
            lambda: change(doc.id, lambda known: becomes(known, context.now), context, by=_author(author))
        )
    )
    show({"incident": doc.id, **changed}, f"{doc.id[:8]} {words}. {_soon(place)}", as_json=as_json)


def _soon(place: Place) -> str:
    """When the public sees it. A bundle that runs since before opos.yaml had the page has none."""
    url = address(place.data)
    try:
        is_shown = url is None or get(f"{url}/status").status != NOT_FOUND
    except Unavailable:
        return SOON
    return SOON if is_shown else LATER


def _checked(make: Callable[[], IncidentDoc]) -> IncidentDoc:
    try:
        return make()
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None


def _author(given: str | None) -> str:
    return given or getpass.getuser()


def _page(context: Context) -> StatusPage:
    page = declared(context.config)
    if page is None:
        hint = "add `status: {title: Shop, components: {checkout: {name: Checkout}}}`; docs/status-page.md shows more"
        raise ConfigError([Fault("opos.yaml", 1, "status", "a status page", "none", hint)])
    return page


def _known(ids: Sequence[str], page: StatusPage) -> tuple[str, ...]:
    for id in ids:
        if id not in page.components:
            known = ", ".join(page.components) or "none is declared under status.components"
            problem = f"expected a component of the status page, found {id!r}; known: {known}"
            raise click.BadParameter(problem, param_hint="--component")
    return tuple(dict.fromkeys(ids))


def _end(starts_at: datetime, lasts: str | None, ends: str | None, zone: str) -> datetime:
    if (lasts is None) == (ends is None):
        raise click.UsageError("expected --for or --until, and not both")
    if ends is not None:
        return until_moment(ends, max(starts_at, datetime.now(UTC)), zone)
    try:
        return starts_at + parse_duration(lasts or "")
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--for") from None
