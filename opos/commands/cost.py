"""`opos cost`."""

from dataclasses import asdict

import click

from opos.terminal.options import json_option
from opos.terminal.output import show
from shared.cost import COSTS, PRICES_AS_OF, PRICES_SOURCE, Line, bill


@click.command("cost")
@click.option("--events-per-day", required=True, type=click.IntRange(0), help="Webhooks per day, without duplicates.")
@click.option(
    "--critical",
    default=2.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    help="Percentage that notifies you.",
)
@click.option("--digest-size", default=5, show_default=True, type=click.IntRange(1), help="Items per digest.")
@json_option
def command(events_per_day: int, critical: float, digest_size: int, *, as_json: bool) -> None:
    """Estimate the cost of a month on Google Cloud, from counted operations and list prices."""
    lines = bill(events_per_day, critical=critical / 100, digest_size=digest_size)
    total, gross = sum(line.dollars for line in lines), sum(line.gross for line in lines)
    content = {
        "prices_as_of": PRICES_AS_OF,
        "dollars": round(total, 2),
        "gross": round(gross, 2),
        "lines": [asdict(line) for line in lines],
        "operations": {kind: dict(counted) for kind, counted in COSTS.items()},
    }
    show(content, _text(lines, total, gross), as_json=as_json)


def _text(lines: list[Line], total: float, gross: float) -> str:
    return "\n".join(
        [
            f"{'per month':<18}{'used':>14} {'':<9}{'free':>14}{'dollars':>10}{'no free tier':>14}",
            *(_row(line) for line in lines),
            f"{'total':<56}{total:>10.2f}{gross:>14.2f}",
            f"Prices as of {PRICES_AS_OF}: {PRICES_SOURCE}. Check them before you rely on this estimate.",
        ]
    )


def _row(line: Line) -> str:
    used = f"{line.name:<18}{line.quantity:>14,.2f} {line.unit:<9}{line.free:>14,.0f}"
    return f"{used}{line.dollars:>10.2f}{line.gross:>14.2f}"
