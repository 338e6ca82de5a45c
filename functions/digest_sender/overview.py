"""What the first digest of a day adds to its items: alerts that are still open, and what happened to opos itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from shared.alerting.alert import AlertDoc, as_alert
from shared.alerting.focus import day_began
from shared.context import Context
from shared.deployments import latest, words
from shared.digest.content import LISTED, Note
from shared.events import iso
from shared.ports import Doc
from shared.services.asks.asks import count_open, open_asks
from shared.services.digest.queue import in_queue
from shared.services.flags.overrides import in_force
from shared.services.health.checks.backlogs import backlogs
from shared.services.outbox.message import as_message
from shared.values.local_time import local_time
from shared.values.text import counted, one_line

DAY = timedelta(days=1)
DEPLOYMENTS = 5
"""How many of the latest deployments an overview may list."""


@dataclass(frozen=True, slots=True)
class Overview:
    """`leftovers` are the first of the `still_open` alerts. `overviews`: when each queue had its last overview."""

    overviews: dict[str, str]
    leftovers: list[AlertDoc] = field(default_factory=list)
    still_open: int = 0
    notes: list[Note] = field(default_factory=list)


def overview(queue: str, items: Sequence[Doc], overviews: dict[str, str], context: Context) -> Overview:
    """The overview for the digest of *items*; empty unless the digest is the first of its queue in a day.

    *overviews* are those of the newest digest.
    """
    if overviews.get(queue, "") >= iso(day_began(context.now, zone=context.config.timezone)):
        return Overview(overviews)
    where, most = in_queue("unresolved", queue), LISTED["leftovers"]
    again = {item.id for item in items if str(item.data.get("unresolved")).startswith(f"{queue}/")}
    unresolved = context.store.query("alerts", where=where, order_by="unresolved", limit=most + len(again))
    leftovers = [as_alert(doc.data) for doc in unresolved if doc.id not in again][:most]
    still_open = context.store.count("alerts", where=where) - len(again)
    last = overviews.get(queue) or iso(context.now - DAY)
    notes = [*_asks(context), *_deployments(last, context), *_overrides(context), *_backlogs(context)]
    return Overview({**overviews, queue: iso(context.now)}, leftovers, still_open, notes)


def overviews_of(newest: Doc | None) -> dict[str, str]:
    """When each queue had its last overview. Every digest passes this on to the next."""
    return dict(as_message(newest.data).get("overviews") or {}) if newest else {}


def _deployments(since: str, context: Context) -> Iterator[Note]:
    for deployment in reversed(latest(context.store, DEPLOYMENTS)):
        if deployment.began_at >= since:
            yield {"text": one_line(words(deployment)), "link": ""}


def _asks(context: Context) -> Iterator[Note]:
    """How many asks wait for an answer, and the first of them."""
    first = open_asks(context, limit=1)
    if first:
        waiting, title = counted(count_open(context), "ask"), one_line(first[0].data["title"])
        yield {"text": f"{waiting} waiting for your answer: {title}", "link": context.links.base_url}


def _overrides(context: Context) -> Iterator[Note]:
    zone = ZoneInfo(context.config.timezone)
    for doc in in_force(context.store, context.now):
        until = local_time(doc.data["until"], zone, context.now)
        override = f"{doc.data['variant']} until {until}, by {doc.data['who']}: {doc.data['why']}"
        yield {"text": one_line(f"The flag {doc.id} is overridden: {override}"), "link": ""}


def _backlogs(context: Context) -> Iterator[Note]:
    for backlog, count in backlogs(context):
        if count:
            yield {"text": f"{counted(count, backlog.noun)} {backlog.problem}", "link": context.links.base_url}
