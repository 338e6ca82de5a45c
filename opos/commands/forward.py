"""`opos forward`."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import click

from opos.forwarding.forwarding import Forwarding
from opos.forwarding.signing_secret import NotForwarded, signing_secret
from opos.forwarding.target import Target, target
from opos.history.arrivals import arrivals
from opos.history.event_feed import feed
from opos.senders.signed_request import UnknownSource
from opos.terminal.completion import ids, sources
from opos.terminal.lookup import find_event
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, say
from opos.terminal.reader import until_reader_ends, wait
from opos.terminal.times import moment, operator_clock
from shared.config.sources import Source
from shared.runtime.container import Runtime
from shared.values.kinds import EVENT
from shared.values.text import counted

_OLDEST, _SHORTEST = timedelta(days=30), timedelta(seconds=1)
_LOCAL_PACE = 10
"""How much sooner the next check may come if the reads of the last one have cost no money."""


@click.command("forward")
@click.argument("source", shell_complete=sources)
@click.argument("url", type=target, metavar="URL")
@click.option("--event", shell_complete=ids(EVENT), help="Forward only this stored event, once.")
@click.option("--since", type=moment, help="Begin with the events since an age (10m) or a time, at most 30d ago.")
@click.option("--type", "event_type", help="Only events of this type; * stands for any characters.")
@click.option("--secret", help="The name of the secret that your app verifies with; that of the source by default.")
@click.option("--with-token", is_flag=True, help="Send the secret of a source that signs nothing, such as bearer.")
@with_place
@json_option
@reports_errors
def command(
    source: str, url: Target, place: Place, event: str | None, since: datetime | None, event_type: str | None,
    secret: str | None, *, with_token: bool, as_json: bool,
) -> None:  # fmt: skip
    """Post each new webhook of SOURCE to URL, such as localhost:3000/webhook, until Ctrl-C.

    It has the body and the headers that opos received, and a new signature. With --json, each has one line.
    """
    if event and (since or event_type):
        raise click.UsageError("expected --event, or --since and --type")
    runtime = place.runtime()
    declared = _declared(runtime, source, place)
    key = signing_secret(runtime, declared, url, named=secret, with_token=with_token)
    forwarding = Forwarding(source, declared, url, key, operator_clock(runtime).zone, as_json)
    if event:
        _resend(forwarding, runtime, event)
    else:
        pace = _LOCAL_PACE if place.backend == "embedded" else 1
        _follow(forwarding, runtime, since, event_type or "*", pace)


def _declared(runtime: Runtime, name: str, place: Place) -> Source:
    if source := runtime.config.sources.get(name):
        return source
    known = ", ".join(runtime.config.sources)
    raise UnknownSource(f"expected a source of {place.config_file} ({known}), found {name!r}")


def _resend(forwarding: Forwarding, runtime: Runtime, wanted: str) -> None:
    doc = find_event(runtime.store, wanted)
    if doc.data["source"] != forwarding.name:
        raise NotForwarded(f"expected an event of {forwarding.name}, found one of {doc.data['source']}")
    forwarding.announce(f"the event {doc.id[:8]}")
    event, outcome = forwarding.send(doc)
    forwarding.show(event, outcome)
    if not outcome.is_accepted:
        raise SystemExit(FAILED)


def _follow(forwarding: Forwarding, runtime: Runtime, since: datetime | None, event_type: str, pace: int) -> None:
    now = datetime.now(UTC)
    if since and not now - _OLDEST <= since <= now:
        expected = f"expected --since in the past and at most {_OLDEST.days}d ago, found {since.isoformat()}"
        raise click.UsageError(f"{expected}; --event forwards any stored event")
    coming = arrivals(runtime.store, now=now, since=since)
    forwarding.announce("each new webhook")
    docs = feed(
        coming,
        now=lambda: datetime.now(UTC),
        wait=lambda pause: wait(max(_SHORTEST, pause / pace)),
        warn=lambda text: say(text, err=True),
    )
    answers = Counter[bool]()
    with until_reader_ends():
        for event, outcome in forwarding.every(docs, event_type):
            answers[outcome.is_accepted] += 1  # before the line: whoever reads it may press Ctrl-C
            forwarding.show(event, outcome)
    say(f"opos forwarded {counted(answers.total(), 'webhook')}; your app accepted {answers[True]:,}.", err=True)
