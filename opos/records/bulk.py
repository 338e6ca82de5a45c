"""One edit of many records: what becomes of each of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from opos.records.editing import committed, edit_content, edit_lines
from opos.records.owners import owners_of
from opos.terminal.progress import followed
from shared.errors import OposError
from shared.records.change import Cause, differences
from shared.runtime.container import Runtime
from shared.services.records.edits import Edited, edit
from shared.services.records.record import Stored
from shared.values.text import counted

_SHOWN = 20


class Outcome(NamedTuple):
    """What became of a record, as it was before: an edit, or the reason why there is none."""

    record: Stored
    edited: Edited | None
    fault: str = ""


def edit_all(records: Sequence[Stored], values: Mapping[str, Any], cause: Cause, runtime: Runtime) -> list[Outcome]:
    """Sets *values* of each of *records*, unless somebody has changed the same fields of it since it was read."""
    return [_outcome(record, values, cause, runtime) for record in followed(records, "change")]


def _outcome(record: Stored, values: Mapping[str, Any], cause: Cause, runtime: Runtime) -> Outcome:
    context = runtime.context()
    owners = owners_of(context)
    try:
        made = committed(lambda: edit(record.kind, record.id, values, cause, owners, context, base=record.n))
    except OposError as fault:
        return Outcome(record, None, fault.message)
    return Outcome(record, made)


def effect(outcomes: Sequence[Outcome], *, is_done: bool = False) -> str:
    """`change 2 records and make 1 ask`, in the past if it *is_done*; empty if nothing happens."""
    edits = [outcome.edited for outcome in outcomes if outcome.edited]
    changed = sum(edited.change is not None and bool(differences(edited.change)) for edited in edits)
    asks = sum(bool(edited.asked.asked) for edited in edits)
    verbs = ("changed", "made") if is_done else ("change", "make")
    parts = zip(verbs, (changed, asks), ("record", "ask"), strict=True)
    return " and ".join(f"{verb} {counted(count, noun)}" for verb, count, noun in parts if count)


def content(outcome: Outcome) -> dict[str, Any]:
    made = edit_content(outcome.edited) if outcome.edited else {"record": outcome.record.id}
    return {**made, "fault": outcome.fault}


def lines(outcomes: Sequence[Outcome], *, is_dry: bool) -> Iterator[str]:
    """The first of *outcomes*, and how many more there are."""
    for record, edited, fault in outcomes[:_SHOWN]:
        yield from (
            edit_lines(record, edited, is_dry=is_dry) if edited else (f"{record.kind.name} {record.id[:8]}  {fault}",)
        )
    if len(outcomes) > _SHOWN:
        yield f"... and {counted(len(outcomes) - _SHOWN, 'more record')}; --json shows all."
