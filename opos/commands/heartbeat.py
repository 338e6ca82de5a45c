"""`opos heartbeat`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import click

from opos.terminal.groups import Listing
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.width import fitted
from shared.config.model import Heartbeat
from shared.context import Context
from shared.errors import NotFound
from shared.intake.heartbeats import Beat, state
from shared.intake.pings import cut_in_words, in_words
from shared.security.ping_addresses import ping_url
from shared.services.intake.ping_log import last_pings
from shared.services.intake.pings import beat_of
from shared.values.local_time import duration

_HINT = "`opos heartbeat list` shows their names."


@click.group("heartbeat", cls=Listing)
def command() -> None:
    """List the heartbeats; show their last pings and the address that a job pings. Without a command, list them."""


@command.command("list")
@with_place
@json_option
@reports_errors
def list_(place: Place, *, as_json: bool) -> None:
    """List the heartbeats of opos.yaml with their state, their last ping and their run time."""
    context = place.runtime().context()
    beats, clock = [_beat(name, context) for name in context.config.heartbeats], operator_clock(context)
    lines = [fitted(_line(beat, clock)) for beat in beats]
    show([_content(beat) for beat in beats], lines or "opos.yaml declares no heartbeats.", as_json=as_json)


@command.command("show")
@click.argument("name")
@click.option("--pings", default=20, show_default=True, type=click.IntRange(1, 100), help="How many pings to show.")
@with_place
@json_option
@reports_errors
def show_(name: str, pings: int, place: Place, *, as_json: bool) -> None:
    """Show the state of the heartbeat NAME and its last pings, with the end of what the job wrote."""
    context = place.runtime().context()
    _declared(name, context)
    beat, clock = _beat(name, context), operator_clock(context)
    said = list(last_pings(beat, context, limit=pings))
    lines = [_line(beat, clock), *(line for ping in said for line in _ping_lines(ping, clock))]
    show({**_content(beat), "last_pings": said}, lines, as_json=as_json)


@command.command("url")
@click.argument("name")
@click.option("--url", help="The intake's address; by default that of the running bundle, or public_url in opos.yaml.")
@with_place
@json_option
@reports_errors
def url(name: str, url: str | None, place: Place, *, as_json: bool) -> None:
    """Print the address that pings the heartbeat NAME. Nobody can guess it, so it needs no other secret."""
    context = place.runtime(**({"OPOS_PUBLIC_URL": url} if url else {})).context()
    if _declared(name, context).backup:
        raise NotFound(f"Only `opos backup` pings the heartbeat {name}.", hint="Give the job a heartbeat of its own.")
    address = ping_url(name, context.links)
    show({"heartbeat": name, "url": address}, address, as_json=as_json)


def _declared(name: str, context: Context) -> Heartbeat:
    heartbeat = context.config.heartbeats.get(name)
    if heartbeat is None:
        raise NotFound(f'opos.yaml declares no heartbeat "{name}".', hint=_HINT)
    return heartbeat


def _beat(name: str, context: Context) -> Beat:
    return beat_of(name, context.store.get(f"heartbeats/{name}"))


def _content(beat: Beat) -> dict[str, Any]:
    return {**beat, "state": state(beat)}


def _line(beat: Beat, clock: OperatorClock) -> str:
    facts = {
        "failing since": beat["failed_at"], "missed": beat["missed_at"],
        "started": min(beat["runs"].values(), default=None), "last ping": beat["last_seen"], "due by": beat["due_at"],
    }  # fmt: skip
    times = [f"{name} {clock.time_and_age(time)}" for name, time in facts.items() if time]
    word = "no ping yet" if state(beat) == "new" else state(beat)
    return f"{beat['name']:<16} {word:<8} {', '.join([*times, *_took(beat['took'])])}".rstrip()


def _ping_lines(ping: Mapping[str, Any], clock: OperatorClock) -> list[str]:
    cut = cut_in_words(ping["size"])
    facts = [
        in_words(ping["kind"], ping["exit_code"]),
        *_took(ping["took"]),
        *([f"run {ping['run']}"] if ping["run"] else []),
    ]
    return [
        f"{clock.time_and_age(ping['at'])}  {', '.join(facts)}",
        *([f"    {cut}"] if cut else []),
        *(f"    output: {line}" for line in ping["body"].splitlines()),
    ]


def _took(seconds: float | None) -> list[str]:
    return [] if seconds is None else [f"took {duration(timedelta(seconds=seconds))}"]
