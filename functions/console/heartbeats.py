"""The page of a heartbeat: its state, and its last pings with what the job wrote."""

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import SETTINGS
from functions.console.rows import heartbeat_row, ping_row
from shared.errors import NotFound
from shared.events import OWN_SOURCE, document_id
from shared.services.intake.ping_log import last_pings
from shared.services.intake.pings import beat_of
from shared.values.http import HttpRequest

SHOWN = 20


def show(request: HttpRequest, context: ConsoleContext, name: str) -> Page:
    if name not in context.config.heartbeats:
        raise NotFound("There is no such heartbeat", hint="`opos heartbeat list` shows their names.")
    beat = beat_of(name, context.store.get(f"heartbeats/{name}"))
    ids = [document_id(OWN_SOURCE, f"heartbeat:{name}{kind}") for kind in ("", ":failed")]
    alerts = [id for id in ids if context.store.get(f"alerts/{id}")]
    pings = [ping_row(ping, context) for ping in last_pings(beat, context, limit=SHOWN)]
    return Page("heartbeat.html", {"beat": heartbeat_row(beat, context), "pings": pings, "alerts": alerts}, SETTINGS)
