"""What a digest says once a day, besides its items: what earlier ones told of and is still open, and what is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.alerting.focus import day_began
from shared.context import Context
from shared.deployments import latest, words
from shared.digest.content import LISTED, Note
from shared.events import iso
from shared.ports import Doc
from shared.services.digest.queue import in_queue
from shared.services.flags.overrides import in_force
from shared.services.health.checks.backlogs import backlogs
from shared.values.text import counted, one_line

DAY = timedelta(days=1)
DEPLOYMENTS = 5
"""So many of the last are told of."""


@dataclass(frozen=True, slots=True)
class Overview:
    """`left` alerts are still open, `leftovers` the first of them. `overviews`: when each queue had its last one."""

    overviews: dict[str, str]
    leftovers: list[dict[str, Any]] = field(default_factory=list)
    left: int = 0
    notes: list[Note] = field(default_factory=list)


def overview(queue: str, items: Sequence[Doc], context: Context) -> Overview:
    """The overview that goes with the digest of *items*, where it is the first of its queue in a day."""
    overviews = last_overviews(context)
    if overviews.get(queue, "") >= iso(day_began(context.now, zone=context.config.timezone)):
        return Overview(overviews)
    where, most = in_queue("unresolved", queue), LISTED["leftovers"]
    again = {item.id for item in items if str(item.data.get("unresolved")).startswith(f"{queue}/")}
    found = context.store.query("alerts", where=where, order_by="unresolved", limit=most + len(again))
    leftovers = [doc.data for doc in found if doc.id not in again][:most]
    left = context.store.count("alerts", where=where) - len(again)
    last = overviews.get(queue) or iso(context.now - DAY)
    notes = [*_deployed(last, context), *_notes(context)]
    return Overview({**overviews, queue: iso(context.now)}, leftovers, left, notes)


def last_overviews(context: Context) -> dict[str, str]:
    """When each queue had its last overview, which every digest hands on to the next."""
    last = next(context.store.query("digests", order_by="created_at", descending=True, limit=1), None)
    return dict(last.data.get("overviews") or {}) if last else {}


def _deployed(since: str, context: Context) -> Iterator[Note]:
    for one in reversed(latest(context.store, DEPLOYMENTS)):
        if one.began_at >= since:
            yield {"text": one_line(words(one)), "link": ""}


def _notes(context: Context) -> Iterator[Note]:
    for doc in in_force(context.store, context.now):
        said = f"{doc.data['variant']} until {doc.data['until']}, by {doc.data['who']}: {doc.data['why']}"
        yield {"text": one_line(f"The flag {doc.id} is overridden: {said}"), "link": ""}
    for backlog, count in backlogs(context):
        if count:
            yield {"text": f"{counted(count, backlog.noun)} {backlog.problem}", "link": context.links.base_url}
