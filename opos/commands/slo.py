"""`opos slo`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.width import width
from shared.context import Context
from shared.events import OWN_SOURCE
from shared.services.slo.indicators import INDICATORS, counted
from shared.slo.burn_rate import BURN_RATE_ALERTS, Counts, Indicator, Slots, budget_left, burn_rate, total
from shared.values.durations import duration_text

ROUTED: tuple[Indicator, ...] = ("webhook_to_effect", "event_handled")
"""The objectives that the event log alone can recount."""
_ROUTER = "alert_router"


@click.command("slo")
@click.option("--recount", metavar="DAY", help="Recount DAY (a UTC date) from the event log.")
@with_place
@json_option
@reports_errors
def command(recount: str | None, place: Place, *, as_json: bool) -> None:
    """Show each objective: the share that was good, the remaining error budget and the burn rates."""
    context: Context = place.runtime().context()
    if recount:
        counts = _recounted(recount, context)
        rows = [{"objective": name, "good": good, "bad": bad} for name, (good, bad) in counts.items()]
        lines = [f"{row['objective']:<18} {row['good']:>9,} good {row['bad']:>9,} bad" for row in rows]
    else:
        slots = counted(context.store, context.now - context.config.slos.window)
        rows = [_row(name, slots[name], context) for name in INDICATORS]
        lines = [_HEAD, *map(_line, rows)] if (width() or len(_HEAD)) >= len(_HEAD) else [*chain(*map(_narrow, rows))]
    show(rows, "\n".join(lines), as_json=as_json)


def _row(name: Indicator, slots: Slots, context: Context) -> dict[str, Any]:
    slos = context.config.slos
    objective, counts = slos.objective(name), total(slots, context.now, slos.window)
    rates = {
        duration_text(alarm.long): round(burn_rate(total(slots, context.now, alarm.long), objective.target), 2)
        for alarm in BURN_RATE_ALERTS
    }
    return {
        "objective": name, "within": duration_text(objective.within), "target": objective.target,
        "window": duration_text(slos.window), "good": counts[0], "bad": counts[1],
        "share": _share(counts), "budget_left": round(budget_left(counts, objective.target), 1),
        "burn_rates": rates,
    }  # fmt: skip


def _share(counts: Counts) -> float | None:
    """The percentage that was good."""
    return round(100 * counts[0] / sum(counts), 3) if sum(counts) else None


_SPANS = [duration_text(alarm.long) for alarm in BURN_RATE_ALERTS]
_HEAD = f"{'':<18} {'within':>7} {'target':>8} {'good':>9} {'bad':>6} {'share':>9} {'budget':>8}  burn " + "".join(
    f"{span:>7}" for span in _SPANS
)


def _line(row: Mapping[str, Any]) -> str:
    share = "-" if row["share"] is None else f"{row['share']:.3f} %"
    rates = "".join(f"{row['burn_rates'][span]:>7g}" for span in _SPANS)
    return (
        f"{row['objective']:<18} {row['within']:>7} {row['target']:>6g} % {row['good']:>9,} {row['bad']:>6,} {share:>9}"
        f" {row['budget_left']:>6g} %       {rates}"
    )


def _narrow(row: Mapping[str, Any]) -> tuple[str, str]:
    """The row on two lines, for a terminal that is narrower than the table."""
    share = "nothing yet" if row["share"] is None else f"{row['share']:.3f} %"
    rates = ", ".join(f"{row['burn_rates'][span]:g} in {span}" for span in _SPANS)
    return (
        f"{row['objective']}: {share}, target {row['target']:g} %",
        f"  budget {row['budget_left']:g} %, burn {rates}",
    )


def _recounted(day: str, context: Context) -> dict[Indicator, Counts]:
    """Counts from the receipt of each event to the router's decision: the event log has nothing later."""
    good, bad = Counter[Indicator](), Counter[Indicator]()
    for seconds in _latencies(day, context):
        for name in ROUTED:
            within = context.config.slos.objective(name).within.total_seconds()
            (good if seconds is not None and seconds <= within else bad)[name] += 1
    return {name: (good[name], bad[name]) for name in ROUTED}


def _latencies(day: str, context: Context) -> Iterator[float | None]:
    """The latency of each event of *day*; None for an event that is late and not processed."""
    patience = context.config.slos.event_handled.within
    for doc in context.store.query("events", where=[("day", "==", day)]):
        received = datetime.fromisoformat(doc.data["received_at"])
        handled = doc.data["handled"].get(_ROUTER)
        if handled:
            yield (datetime.fromisoformat(handled["at"]) - received) / timedelta(seconds=1)
        elif doc.data["source"] != OWN_SOURCE and context.now - received > patience:
            yield None
