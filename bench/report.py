"""A run as a table for people and as JSON for programs."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from bench.result import Goal, Result, Table


def as_text(name: str, about: str, result: Result) -> str:
    return "\n".join([f"== {name}", about.strip(), "", *_lines(result)])


def _lines(result: Result) -> Iterator[str]:
    for table in result.tables:
        yield from _table(table)
        yield ""
    yield from (f"goal {'met   ' if one.is_met else 'MISSED'} {_goal(one)}" for one in result.goals)
    yield from (f"missing: {peer}: {why}" for peer, why in result.missing.items())
    yield from (f"note: {note}" for note in result.notes)
    if result.versions:
        yield "peers: " + ", ".join(f"{peer} {version}" for peer, version in result.versions.items())


def _goal(goal: Goal) -> str:
    return f"{goal.what}: {_number(goal.found)}, {'at least' if goal.at_least else 'at most'} {_number(goal.limit)}"


def _table(table: Table) -> Iterator[str]:
    measures = list(dict.fromkeys(measure for row in table.rows.values() for measure in row))
    heads = [table.title, *measures, *(f"{measure} / {beside.partition(':')[0]}" for measure, beside in table.ratios)]
    body = [[row, *_cells(table, row, measures)] for row in table.rows]
    widths = [max(len(line[n]) for line in (heads, *body)) for n in range(len(heads))]
    for line in (heads, *body):
        yield "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        )


def _cells(table: Table, row: str, measures: list[str]) -> Iterator[str]:
    found = table.rows[row]
    for measure in measures:
        yield _spread(found[measure]) if found.get(measure) else ""
    for measure, beside in table.ratios:
        yield f"{table.ratio(row, beside, measure):.2f}" if found.get(measure) else ""


def _spread(values: Any) -> str:
    middle = _number(median(values))
    return middle if min(values) == max(values) else f"{middle} ({_number(min(values))} to {_number(max(values))})"


def _number(value: float) -> str:
    """Three digits that tell something, and no more."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.2g}"


def as_json(about: str, result: Result, seconds: float) -> dict[str, Any]:
    return {
        "about": about.strip(), "seconds": round(seconds, 1), "tables": [_plain(table) for table in result.tables],
        "goals": [
            {"what": one.what, "found": one.found, "limit": one.limit, "at_least": one.at_least, "met": one.is_met}
            for one in result.goals
        ],
        "missing": dict(result.missing), "versions": dict(result.versions), "notes": list(result.notes),
    }  # fmt: skip


def _plain(table: Table) -> dict[str, Any]:
    rows = {row: {measure: _summary(values) for measure, values in found.items()} for row, found in table.rows.items()}
    ratios = [
        {"measure": measure, "beside": beside, "rows": _ratios(table, measure, beside)}
        for measure, beside in table.ratios
    ]
    return {"title": table.title, "rows": rows, "ratios": ratios}


def _ratios(table: Table, measure: str, beside: str) -> Mapping[str, float]:
    return {row: table.ratio(row, beside, measure) for row, found in table.rows.items() if found.get(measure)}


def _summary(values: Any) -> dict[str, Any]:
    return {"median": median(values), "least": min(values), "most": max(values), "rounds": list(values)}
