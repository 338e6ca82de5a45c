"""Records and changes as lines of a file, in the order of their ids."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from opos.terminal.output import json_text
from shared.records.change import CHANGES, as_change
from shared.records.kind import Kind
from shared.records.text import written
from shared.services.records.context import RecordsContext
from shared.services.records.histories import documents
from shared.services.records.record import Stored
from shared.services.records.replay import portable

ID, KIND = "opos_id", "opos_kind"
"""The columns that an import recognises a record by. No field has such a name."""


def records(kinds: Sequence[Kind], context: RecordsContext) -> Iterator[Stored]:
    """The records of *kinds* that are neither deleted nor merged."""
    for kind in kinds:
        for doc in documents(context.store, kind.collection):
            if doc.data["state"] == "live":
                yield Stored(kind, doc)


def record_lines(kinds: Sequence[Kind], context: RecordsContext) -> Iterator[str]:
    """Records as JSON lines. A field without a value is left out."""
    for record in records(kinds, context):
        yield _json({ID: record.id, KIND: record.kind.name, **record.values})


def record_rows(kind: Kind, context: RecordsContext) -> Iterator[str]:
    """The records of *kind* as CSV (RFC 4180), with a header."""
    yield _row([ID, *kind.fields])
    for record in records([kind], context):
        values = record.values
        yield _row([record.id, *(written(field, values.get(name)) for name, field in kind.fields.items())])


def change_lines(only: str, context: RecordsContext) -> Iterator[str]:
    """The changes, each record's in order, as JSON lines; with *only*, those of one kind."""
    for doc in documents(context.store, CHANGES):
        if only in {"", doc.data["kind"]}:
            yield _json(portable(as_change(doc.data)))


def _json(content: Any) -> str:
    return json_text(content, separators=(",", ":"))


def _row(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
