"""`opos focus`."""

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from opos.terminal.vocabulary import ending, for_option, until_option
from shared.services.alerting import focus_blocks
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
    context = place.runtime().context()
    clock = operator_clock(context)
    if end:
        ended = focus_blocks.end(context)
        show({"ended": ended}, f"Ended {counted(len(ended), 'focus block')}.", as_json=as_json)
        return
    if not (then or length or until):
        running = [doc.data for doc in focus_blocks.running(context)]
        lines = [f"{block['name']} until {clock.time_and_age(block['ends_at'])}" for block in running]
        show(running, lines or "No focus block is running.", as_json=as_json)
        return
    ends_at = ending(length, until or then, context.config.timezone)
    block = focus_blocks.begin(ends_at, context, name=name)
    text = f"Until {clock.time_and_age(ends_at)} only critical alerts notify you."
    show(block, text, as_json=as_json)
