"""Records that were merged, and lead to another one."""

from collections.abc import Iterator, Sequence

from shared.records.body import body_of, with_state
from shared.records.change import Cause, ChangeDoc
from shared.records.kind import Kind
from shared.services.records.clocks import clock_of
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored
from shared.services.records.transaction import Step, step

MOST = 100
"""How many redirects one merge makes lead past it, with two more writes each. What it leaves is followed on read."""


def led_to(changes: Sequence[ChangeDoc]) -> list[str]:
    """The ids that lead to the record with *changes*: those of all merges into it that were not undone."""
    undone = {change.get("undoes") for change in changes}
    return [id for change in changes if change["n"] not in undone for id in change.get("merges", ())]


def redirected(
    kind: Kind, ids: Sequence[str], past: str, into: str, cause: Cause, context: RecordsContext
) -> Iterator[Step]:
    """The changes after which those of the records *ids* that lead to *past* lead to *into*."""
    for record in (merged_record(kind, id, past, context) for id in ids[:MOST]):
        if record:
            body = with_state(record.body, "merged", clock_of(record, {}, context, since=True), into)
            made = step(kind, record.id, record.doc, body, cause, context)
            yield from [made] if made else []


def merged_record(kind: Kind, id: str, into: str, context: RecordsContext) -> Stored | None:
    """The record *id* itself if it leads to *into*."""
    doc = context.store.get(f"{kind.collection}/{id}")
    return Stored(kind, doc) if doc and body_of(doc.data)["into"] == into else None
