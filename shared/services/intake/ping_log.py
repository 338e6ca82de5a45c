"""The last pings of each heartbeat: numbered without gaps, in as many documents as opos keeps pings, used in turn."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.context import Context
from shared.intake.heartbeats import Beat
from shared.intake.pings import Ping
from shared.ports import Set
from shared.ports.field_paths import EXPIRY
from shared.values.timestamps import iso

KEPT = 100
"""How many pings of a heartbeat opos keeps."""
KEEP = timedelta(days=30)
"""How long opos keeps a ping: its body may hold anything that the job wrote."""


def log_ping(beat: Beat, ping: Ping, now: datetime) -> Set:
    """The write that keeps *ping*, the last one that *beat* counts."""
    content = {
        "heartbeat": beat["name"], "number": beat["pings"], "at": iso(now), **ping._asdict(),
        "took": beat["took"] if ping.kind in {"success", "fail"} else None, EXPIRY: iso(now + KEEP),
    }  # fmt: skip
    return Set(_path(beat["name"], beat["pings"]), content)


def last_pings(beat: Beat, context: Context, *, limit: int) -> Iterator[dict[str, Any]]:
    """The last pings of *beat* that have not expired, the newest first. Each costs one read."""
    for number in range(beat["pings"], max(beat["pings"] - min(limit, KEPT), 0), -1):
        doc = context.store.get(_path(beat["name"], number))
        if doc and doc.data["number"] == number and doc.data[EXPIRY] > iso(context.now):
            yield doc.data


def _path(name: str, number: int) -> str:
    return f"pings/{name}.{number % KEPT}"
