"""Forgetting a person: a record, all that leads to it, and all that the bundle has written about the person.

1. The record gets its last change: it has no values of the person, is deleted, and its keys are free and suppressed.
   What arrives from now on makes no record.
2. One pass over the collections takes the person out of events and of all that was made from them.
3. The history, of which the words to look for come, goes last. So a run that is interrupted is repeated as a whole.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from shared.errors import AlreadyExists, Conflict
from shared.events import iso
from shared.ports import Doc, Update
from shared.records.change import Cause, ChangeDoc, as_change
from shared.records.forgetting import without_mentions, without_values
from shared.records.kind import Kind
from shared.services.records.changes import change_docs
from shared.services.records.closing import close
from shared.services.records.context import RecordsContext
from shared.services.records.edits import TRIES
from shared.services.records.histories import documents
from shared.services.records.other_records import Others
from shared.services.records.person import Person, Subject, person_of
from shared.services.records.person_scan import Scan, Trace, traces
from shared.services.records.rebuild import rebuilt
from shared.services.records.record import Stored
from shared.services.records.suppression import create_secret

T = TypeVar("T")


def expired(kind: Kind, context: RecordsContext) -> Iterator[str]:
    """The records that were deleted longer ago than *kind* keeps them, and are not forgotten yet. Reads all of them."""
    days = kind.declared.keep_days
    if days is None:
        return
    last = iso(context.now - timedelta(days=days))
    for doc in documents(context.store, kind.collection):
        record = Stored(kind, doc)
        if record.body["state"] == "deleted" and not record.forgotten_at and doc.data["changed_at"] <= last:
            yield doc.id


def scan_of(person: Person, context: RecordsContext) -> Scan:
    """What a pass over the collections looks for."""
    others = Others(person.kind, person.identity, context)
    at = max([record.forgotten_at for record in person.records]) or iso(context.now)
    return Scan(person.identity, person.ids, {*person.ids, *person.linked}, others, at)


def forget(subject: Subject, cause: Cause, context: RecordsContext) -> Iterator[Trace | None]:
    """Forget whom *subject* is about. Yields what it looks at, and None where nothing is.

    It is complete once it ends; what was interrupted goes on when it is called again.
    """
    _tried(lambda: create_secret(context))
    while waiting := [record for record in person_of(subject, context).records if not record.forgotten_at]:
        for record in waiting:  # another one may be merged into one of them meanwhile
            _tried(partial(_close, subject, record.id, cause, context))
    person = person_of(subject, context)
    for trace in traces(scan := scan_of(person, context), context):
        yield trace
        if trace:
            _tried(partial(_take_out, scan, trace.doc.path, context))
    for without in (partial(without_mentions, person.kind, person.identity), partial(without_values, person.kind)):
        for record in person.records:
            _tried(partial(_rewrite, record, without, context))


def _close(subject: Subject, id: str, cause: Cause, context: RecordsContext) -> None:
    if doc := context.store.get(f"{subject.kind.collection}/{id}"):
        close(Stored(subject.kind, doc), person_of(subject, context).claims, cause, context)


def _take_out(scan: Scan, path: str, context: RecordsContext) -> None:
    doc = context.store.get(path)
    trace = scan.trace(doc) if doc else None
    if trace:
        context.store.commit([Update(path, trace.fields, trace.doc.version)])


def _rewrite(record: Stored, without: Callable[[ChangeDoc], ChangeDoc], context: RecordsContext) -> None:
    """Write the changes of *record* as *without* makes them, and then the record, which is what they add up to."""
    changes = []
    for doc in change_docs(record.id, context):
        change = without(as_change(doc.data))
        _write(doc, change, context)
        changes.append(change)
    if known := context.store.get(record.doc.path):
        _write(known, rebuilt(record.kind, changes), context)


def _write(doc: Doc, content: Mapping[str, Any], context: RecordsContext) -> None:
    fields = {name: part for name, part in content.items() if doc.data.get(name) != part}
    if fields:
        context.store.commit([Update(doc.path, fields, doc.version)])


def _tried(act: Callable[[], T]) -> T:
    """The result of *act*, tried again while others are quicker."""
    for left in reversed(range(TRIES)):
        try:
            return act()
        except (Conflict, AlreadyExists):
            if not left:
                raise
    raise AssertionError
