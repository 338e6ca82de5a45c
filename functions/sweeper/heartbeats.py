"""Watches the heartbeats: a ping that does not arrive in time raises an alert, which the next ping resolves."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.intake.heartbeat_alerts import Situation, spoken
from shared.intake.heartbeats import new_beat, resumed, swept
from shared.ports import Delete, Doc, Update, create_or_update
from shared.services.health.context import HealthContext
from shared.services.intake.pings import beat_of, commit_spoken

if TYPE_CHECKING:
    from shared.config.model import Heartbeat


def watch_heartbeats(context: HealthContext) -> None:
    """Bring every heartbeat up to date with the time and with opos.yaml: it may be late, or its schedule may be new.

    A heartbeat that opos.yaml no longer has is forgotten: if it is put back, its time starts anew.
    """
    docs, watched = {doc.id: doc for doc in context.store.query("heartbeats")}, _watched(context)
    for name in watched:
        with suppress(AlreadyExists, Conflict):  # It has pinged, or another sweep was faster: the next one looks again.
            _sweep(name, watched[name], docs.get(name), context)
    for name in docs.keys() - context.config.heartbeats.keys():
        with suppress(Conflict):
            _forget(docs[name], context)


def allow_grace(last_sweep: datetime, context: Context) -> None:
    """Give each heartbeat that was in time at *last_sweep*, before an outage, its grace from now on."""
    for doc in context.store.query("heartbeats"):
        heartbeat, beat = context.config.heartbeats.get(doc.id), beat_of(doc.id, doc)
        if heartbeat is None:
            continue
        after = resumed(beat, heartbeat, last_sweep=last_sweep, now=context.now, zone=context.config.timezone)
        if after is not beat:
            with suppress(Conflict):
                context.store.commit([Update(doc.path, {"resumed_at": after["resumed_at"]}, doc.version)])


def _watched(context: HealthContext) -> "Mapping[str, Heartbeat]":
    """Where the store is no file, `opos backup` has nothing to do, and nobody waits for it."""
    heartbeats = context.config.heartbeats.items()
    return {name: heartbeat for name, heartbeat in heartbeats if context.has_data_file or not heartbeat.backup}


def _sweep(name: str, heartbeat: "Heartbeat", doc: Doc | None, context: Context) -> None:
    before, zone = beat_of(name, doc), context.config.timezone
    after = swept(before, heartbeat, now=context.now, zone=zone)
    if after != before:
        write = create_or_update(f"heartbeats/{name}", after, doc)
        commit_spoken([write], spoken(before, after, Situation(heartbeat, context.now, zone)), context)


def _forget(doc: Doc, context: Context) -> None:
    situation = Situation(None, context.now, context.config.timezone)
    said = spoken(beat_of(doc.id, doc), new_beat(doc.id), situation)
    commit_spoken([Delete(doc.path, doc.version)], said, context)
