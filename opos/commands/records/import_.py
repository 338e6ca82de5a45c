"""`opos records import`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from opos.importers.records.columns import columns
from opos.importers.records.file_import import FileImport, cause_of
from opos.importers.records.plan import Plan, Verdict
from opos.importers.records.rows import Source
from opos.records.arguments import kind_argument
from opos.records.differences import in_words
from opos.records.editing import UNCHANGED, dry_run_option, why_option
from opos.records.lookup import kind_of
from opos.records.owners import owners_of
from opos.terminal.groups import Choice
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from opos.terminal.progress import followed
from shared.values.text import counted, well_formed

_SHOWN = 10
_TITLES: dict[Verdict, str] = {
    "fault": "Wrong rows", "conflict": "Conflicts, which are not written", "change": "Changes", "new": "New",
}  # fmt: skip


@dataclass
class Tally:
    """How many rows do what, and the first of each; with `most` None, all."""

    most: int | None
    counts: Counter[Verdict] = field(default_factory=Counter)
    shown: dict[Verdict, list[Plan]] = field(default_factory=lambda: {verdict: [] for verdict in _TITLES})

    def note(self, plan: Plan) -> None:
        self._note(plan.verdict, plan)
        if plan.left and plan.verdict == "change":
            self._note("conflict", plan)

    def _note(self, verdict: Verdict, plan: Plan) -> None:
        self.counts[verdict] += 1
        if verdict in self.shown and (self.most is None or len(self.shown[verdict]) < self.most):
            self.shown[verdict].append(plan)


@click.command("import")
@kind_argument
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--map", "named", multiple=True, metavar="COLUMN=FIELD", help="Import a column as another field.")
@click.option("--skip", "skipped", multiple=True, metavar="COLUMN", help="Leave a column out.")
@click.option("--format", type=Choice(("csv", "jsonl", "sqlite")), help="By default, the file's ending.")
@click.option("--table", default="", help="The table of a file of SQLite that has several.")
@click.option("--delimiter", default="", help="Between the cells of CSV, if the header leaves that open.")
@click.option("--encoding", default="", help="Of CSV, if it is neither UTF-8 nor marked.")
@click.option(
    "--empty",
    default="unknown",
    show_default=True,
    type=Choice(("unknown", "unset")),
    help="Whether an empty cell says nothing, or unsets its field.",
)
@click.option("--full", is_flag=True, help="Show all rows, not the first of each sort.")
@dry_run_option
@why_option
@with_place
@json_option
@reports_errors
def import_records(
    kind: str, file: Path, named: tuple[str, ...], skipped: tuple[str, ...], format: str | None, table: str,
    delimiter: str, encoding: str, empty: str, why: str, place: Place, *, full: bool, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Create and change records of KIND from the rows of FILE: CSV, JSON lines or a table of SQLite.

    A row is about the record that has its id (`opos_id`), its key or its id in another system, so importing a file
    again changes nothing. A row without these is known by its content. If a row is wrong, nothing is written.
    """
    context = place.runtime().context()
    declared = kind_of(kind, context)
    source = Source(file, format or "", table, delimiter.replace("\\t", "\t"), encoding)
    cause = cause_of(declared, file, well_formed(why))
    mapped = columns(declared, named, skipped)
    imported = FileImport(declared, source, mapped, cause, owners_of(context), context, empty == "unset")
    tally = _tallied(followed(imported.plans(), "row"), None if full else _SHOWN)
    is_wrong = bool(tally.counts["fault"])
    if not (dry_run or is_wrong):
        tally = _tallied(followed(imported.write(imported.plans()), "row"), None if full else _SHOWN)
    show(
        _content(tally, cause.id, is_written=not (dry_run or is_wrong)),
        _lines(tally, file, is_written=not (dry_run or is_wrong)), as_json=as_json,
    )  # fmt: skip
    if is_wrong:
        raise SystemExit(FAILED)


def _tallied(plans: Iterable[Plan], most: int | None) -> Tally:
    tally = Tally(most)
    for plan in plans:
        tally.note(plan)
    return tally


def _content(tally: Tally, cause: str, *, is_written: bool) -> dict[str, Any]:
    counts: dict[str, Any] = {verdict: tally.counts[verdict] for verdict in (*_TITLES, "same")}
    rows = [
        {
            "place": plan.said.place, "verdict": verdict, "record": plan.id or None, "title": plan.title,
            "differences": [pair._asdict() for pair in plan.differences], "left": plan.left,
        }
        for verdict, plans in tally.shown.items() for plan in plans
    ]  # fmt: skip
    return {"cause": cause, "written": is_written, **counts, "rows": rows}


def _lines(tally: Tally, file: Path, *, is_written: bool) -> Iterator[str]:
    counts = tally.counts
    for verdict, title in _TITLES.items():
        if plans := tally.shown[verdict]:
            yield f"{title}:"
            for plan in plans:
                yield from _plan_lines(plan, verdict, file)
        if (more := counts[verdict] - len(tally.shown[verdict])) > 0:
            yield f"  ... and {more:,} more; --full shows all."
    facts = [f"{counts['new']:,} new", f"{counted(counts['change'], 'change')}", f"{counts['same']:,} the same"]
    facts += [f"{counts[verdict]:,} {noun}" for verdict, noun in _TROUBLE.items() if counts[verdict]]
    yield f"{file.name}: {', '.join(facts)}"
    if not is_written:
        yield UNCHANGED


_TROUBLE: dict[Verdict, str] = {"conflict": "with conflicts", "fault": "wrong"}


def _plan_lines(plan: Plan, verdict: Verdict, file: Path) -> Iterator[str]:
    record = f" {plan.title} ({plan.id[:8]})" if plan.id else ""
    if verdict in {"fault", "conflict"}:
        yield f"  {file.name}, {plan.said.place}:{record} {plan.left}"
        return
    yield f"  {plan.said.place}:{record}"
    yield from in_words(plan.differences, indent=4) if verdict == "change" else ()
