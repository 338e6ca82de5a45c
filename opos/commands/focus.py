"""`opos focus`."""

from datetime import UTC, datetime

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from opos.terminal.vocabulary import ending, for_option, until_option
from shared.events import iso
from shared.ports import Create, Update
from shared.ports.field_paths import EXPIRY
from shared.runtime.clock import new_id
from shared.services.alerting.silences import KEEP
from shared.values.text import counted


@click.command("focus")
@click.argument("then", metavar="[UNTIL]", required=False)
@for_option
@until_option
@click.option("--name", default="focus", show_default=True, help="The block's name in the reasons of held alerts.")
@click.option("--end", is_flag=True, help="End the current focus blocks.")
@with_place
@json_option
@reports_errors
def command(
    then: str | None, length: str | None, until: str | None, name: str, place: Place, *, end: bool, as_json: bool
) -> None:
    """Let only critical alerts notify you for a time: `--for 2h`, `--until 15:00`, or only `2h`.

    Without a time, list the focus blocks.
    """
    runtime, now = place.runtime(), datetime.now(UTC)
    store, clock = runtime.store, operator_clock(runtime)
    running = list(store.query("focus", where=[("ends_at", ">", iso(now))], order_by="ends_at"))
    if end:
        store.commit([Update(doc.path, {"ends_at": iso(now)}, doc.version) for doc in running])
        show({"ended": [doc.id for doc in running]}, f"Ended {counted(len(running), 'focus block')}.", as_json=as_json)
        return
    if not (then or length or until):
        lines = [f"{doc.data['name']} until {clock.time_and_age(doc.data['ends_at'])}" for doc in running]
        show([doc.data for doc in running], lines or "No focus block is running.", as_json=as_json)
        return
    ends_at = ending(length, until or then, runtime.config.timezone)
    block = {"name": name, "begins_at": iso(now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP)}
    store.commit([Create(f"focus/{new_id()}", block)])
    text = f"Until {clock.time_and_age(ends_at)} only critical alerts notify you."
    show(block, text, as_json=as_json)
