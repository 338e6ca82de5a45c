"""The page of a heartbeat: its state, and its last pings with what the job wrote."""

from functions.console.access import entrance, is_operator
from functions.console.context import ConsoleContext
from functions.console.responses import page
from functions.console.rows import heartbeat_row, ping_row
from shared.errors import NotFound
from shared.services.intake.ping_log import last_pings
from shared.services.intake.pings import beat_of
from shared.values.http import HttpRequest, HttpResponse

SHOWN = 20


def show(request: HttpRequest, context: ConsoleContext, name: str) -> HttpResponse:
    if not is_operator(request, context):
        return entrance(context)
    if name not in context.config.heartbeats:
        raise NotFound("There is no such heartbeat", hint="`opos heartbeat list` shows their names.")
    beat = beat_of(name, context.store.get(f"heartbeats/{name}"))
    pings = [ping_row(ping, context) for ping in last_pings(beat, context, limit=SHOWN)]
    return page(200, "heartbeat.html", {"beat": heartbeat_row(name, context), "pings": pings}, context)
