"""`opos search`."""

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.width import fitted
from shared.services.search import Hit, search
from shared.values.text import one_line


@click.command("search")
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 200), default=30, show_default=True, help="The most results to list.")
@with_place
@json_option
@reports_errors
def command(text: tuple[str, ...], limit: int, place: Place, *, as_json: bool) -> None:
    """Search everything for words, an id, or filters such as `source:github state:firing day:yesterday`.

    Filters: source, type, state, severity, outcome, label (service=checkout) and day. All words and filters must match.
    """
    context = place.runtime().context()
    results, clock = search(" ".join(text), context, limit), operator_clock(context)
    width = max((len(_time(hit, clock)) for hit in results.hits), default=0)
    lines = [fitted(_line(hit, clock, width)) for hit in results.hits]
    show([hit._asdict() for hit in results.hits], lines or "Nothing matches.", as_json=as_json)
    if not results.is_whole:
        say("There is more. Give more words, a day or a source to find what is older.", err=True)


def _line(hit: Hit, clock: OperatorClock, width: int) -> str:
    id = hit.id[:8] if hit.at else ""  # what a file defines has its name in the title
    return f"{_time(hit, clock):<{width}}  {hit.kind:<11}  {id:<8}  {one_line(hit.title, 100)}"


def _time(hit: Hit, clock: OperatorClock) -> str:
    return clock.time(hit.at) if hit.at else ""
