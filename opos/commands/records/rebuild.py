"""`opos records rebuild`."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from opos.records.arguments import kinds_argument
from opos.records.differences import in_words
from opos.records.history_file import read_histories
from opos.records.lookup import kind_of
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, reports_errors, show
from opos.terminal.progress import followed
from shared.services.records.rebuild import Comparison, comparisons
from shared.services.records.replay import replay
from shared.values.text import counted

_SHOWN = 20


@dataclass
class Tally:
    """What a rebuild found. `store` is the hash of all records that their changes make."""

    records: int = 0
    differing: int = 0
    faulty: int = 0
    shown: list[Comparison] = field(default_factory=list)
    store: Any = field(default_factory=hashlib.sha256)


@click.command("rebuild")
@kinds_argument
@click.option("--check", is_flag=True, help="Compare only, and change nothing.")
@click.option(
    "--changes",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="First add the changes of this file, which `opos records export --changes` wrote.",
)
@with_place
@json_option
@reports_errors
def rebuild(kind: str | None, file: Path | None, place: Place, *, check: bool, as_json: bool) -> None:
    """Make the records of KIND, or of all kinds, again from their changes, where they differ from them.

    The hash that it prints is the same in all bundles with the same changes and kinds. A bundle may run meanwhile. You
    can stop the command at any time; it goes on when you run it again.
    """
    if check and file:
        raise click.UsageError("expected --check or --changes, found both")
    context = place.runtime().context()
    only = kind_of(kind, context).name if kind else ""
    added = sum(followed(replay(read_histories(file), context), "record")) if file else None
    tally = _tallied(followed(comparisons(context, fixing=not check, only=only), "record"))
    show(_content(tally, added), _lines(tally, added, is_check=check), as_json=as_json)
    if tally.faulty or (check and tally.differing):
        raise SystemExit(FAILED)


def _tallied(comparisons: Iterable[Comparison]) -> Tally:
    tally = Tally()
    for comparison in comparisons:
        if comparison.digest:
            tally.records += 1
            tally.store.update(f"{comparison.kind}/{comparison.record} {comparison.digest}\n".encode())
        tally.differing += bool(comparison.writes)
        tally.faulty += bool(comparison.fault)
        if not comparison.is_sound and len(tally.shown) < _SHOWN:
            tally.shown.append(comparison)
    return tally


def _content(tally: Tally, added: int | None) -> dict[str, Any]:
    shown = [
        {
            "kind": comparison.kind, "record": comparison.record, "fault": comparison.fault,
            "differences": [pair._asdict() for pair in comparison.differences], "claims": list(comparison.claims),
        }
        for comparison in tally.shown
    ]  # fmt: skip
    return {
        "hash": tally.store.hexdigest(), "records": tally.records, "differing": tally.differing,
        "faulty": tally.faulty, "added": added, "shown": shown,
    }  # fmt: skip


def _lines(tally: Tally, added: int | None, *, is_check: bool) -> Iterator[str]:
    if added is not None:
        yield f"{counted(added, 'change')} added"
    for comparison in tally.shown:
        yield f"{comparison.kind} {comparison.record}"
        yield from _comparison_lines(comparison)
    if (more := tally.differing + tally.faulty - len(tally.shown)) > 0:
        yield f"... and {more} more"
    done = "differ" if is_check else "differed and were made again"
    faulty = f", {tally.faulty} cannot be made again" if tally.faulty else ""
    yield f"{counted(tally.records, 'record')}, {tally.differing} {done}{faulty}; hash {tally.store.hexdigest()}"


def _comparison_lines(comparison: Comparison) -> Iterator[str]:
    if comparison.fault:
        yield f"  {comparison.fault}"
    yield from in_words(comparison.differences)
    for name in comparison.claims:
        yield f"  {name}: its value leads to another place than the record"
