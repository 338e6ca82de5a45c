"""`opos focus`."""

from datetime import UTC, datetime

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import until_moment
from shared.events import iso
from shared.ports import Create, Update
from shared.ports.field_paths import EXPIRY
from shared.runtime.clock import new_id
from shared.services.alerting.silences import KEEP


@click.command("focus")
@click.argument("until", required=False)
@click.option("--name", default="focus", show_default=True, help="What it is called where something is held back.")
@click.option("--end", is_flag=True, help="End the blocks that are running.")
@with_place
@json_option
@reports_errors
def command(until: str | None, name: str, place: Place, *, end: bool, as_json: bool) -> None:
    """Let nothing but what is critical interrupt UNTIL then: "until 15:00", 2h. Without UNTIL, list the blocks."""
    store, now = place.runtime().store, datetime.now(UTC)
    running = list(store.query("focus", where=[("ends_at", ">", iso(now))], order_by="ends_at"))
    if end:
        store.commit([Update(doc.path, {"ends_at": iso(now)}, doc.version) for doc in running])
        show({"ended": [doc.id for doc in running]}, f"{len(running)} blocks have ended.", as_json=as_json)
        return
    if until is None:
        lines = [f"{doc.data['name']} until {doc.data['ends_at']}" for doc in running]
        show([doc.data for doc in running], "\n".join(lines) or "No block is running.", as_json=as_json)
        return
    ends_at = until_moment(until, now, place.runtime().config.timezone)
    block = {"name": name, "begins_at": iso(now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP)}
    store.commit([Create(f"focus/{new_id()}", block)])
    show(block, f"Until {iso(ends_at)} only what is critical interrupts.", as_json=as_json)
