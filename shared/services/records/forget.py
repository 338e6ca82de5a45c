"""Forgetting a person: a record, all that leads to it, and all that the bundle has written about the person.

1. The record gets its last change: it has no values of the person, is deleted, and its keys are free and suppressed.
   What arrives from now on makes no record.
2. One pass over the collections takes the person out of events and of all that was made from them.
3. The history, of which the words to look for come, goes last. So a run that is interrupted is repeated as a whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from shared.asks.ask import COLLECTION as ASKS
from shared.errors import AlreadyExists, Conflict
from shared.events import iso
from shared.ports import Condition, Doc, Update
from shared.ports.indexes import LEADS_TO
from shared.records.change import Cause, ChangeDoc, as_change
from shared.records.forgetting import Claimed, claimed, identity_of, without_mentions, without_values
from shared.records.identity import Identity, texts
from shared.records.kind import Kind
from shared.services.records.closing import close
from shared.services.records.context import RecordsContext
from shared.services.records.edits import TRIES, NoSuchRecord, change_docs, changes_of
from shared.services.records.other_records import Others
from shared.services.records.person_scan import Scan, Trace, traces
from shared.services.records.rebuild import rebuilt
from shared.services.records.record import Stored, claimant, stored
from shared.services.records.suppression import create_secret

T = TypeVar("T")


class Person(NamedTuple):
    """Whom a record is about: the record and all that lead to it, and what they are called.

    `linked` are the ids of what caused its changes, and of the asks about it.
    """

    kind: Kind
    records: Sequence[Stored]
    identity: Identity
    claims: Sequence[Claimed]
    linked: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(record.id for record in self.records)


def person_of(kind: Kind, id: str, context: RecordsContext) -> Person:
    """The person whom the record *id* is about. Raises NoSuchRecord.

    What another record has by now, such as an address that was corrected, is not theirs.
    """
    records = _records(kind, id, context)
    ids = {record.id for record in records}
    changes = [change for record in records for change in changes_of(record.id, context)]
    foreign = [claim for claim in claimed(kind, changes) if _is_held_by_another(kind, claim, ids, context)]
    parted = {id for change in changes for id in change.get("merges", ()) if id not in ids}
    others = [word for id in parted for word in identity_of(kind, changes_of(id, context)).words]
    asks = list(_asks(kind, ids, context))
    proposed = [value for ask in asks for value in _proposed(ask)]
    person = identity_of(kind, changes, proposed).but([*others, *texts(claim.value for claim in foreign)])
    claims = [claim for claim in claimed(kind, changes) if claim not in foreign]
    return Person(kind, records, person, claims, frozenset([*_causes(changes), *(ask.id for ask in asks)]))


def scan_of(person: Person, context: RecordsContext) -> Scan:
    """What a pass over the collections looks for."""
    others = Others(person.kind, person.identity, context)
    at = max([record.forgotten_at for record in person.records]) or iso(context.now)
    return Scan(person.identity, person.ids, {*person.ids, *person.linked}, others, at)


def forget(kind: Kind, id: str, cause: Cause, context: RecordsContext) -> Iterator[Trace | None]:
    """Forget the person whom the record *id* is about. Yields what it looks at, and None where nothing is.

    It is complete once it ends; what was interrupted goes on when it is called again.
    """
    _tried(lambda: create_secret(context))
    for record in person_of(kind, id, context).records:
        _tried(partial(_close, kind, record.id, cause, context))
    person = person_of(kind, id, context)
    for trace in traces(scan := scan_of(person, context), context):
        yield trace
        if trace:
            _tried(partial(_take_out, scan, trace.doc.path, context))
    for without in (partial(without_mentions, kind, person.identity), partial(without_values, kind)):
        for record in person.records:
            _tried(partial(_rewrite, record, without, context))


def _records(kind: Kind, id: str, context: RecordsContext) -> list[Stored]:
    """The record *id*, or the one that it leads to, and all that lead to that."""
    record = stored(kind, id, context)
    if record is None:
        raise NoSuchRecord(f"expected the id of a {kind.name}, found none with {id}")
    records = [record]
    for known in records:  # which grows meanwhile
        leading = context.store.query(kind.collection, where=[(LEADS_TO, "==", known.id)])
        records += [Stored(kind, doc) for doc in leading]
    return records


def _asks(kind: Kind, ids: Iterable[str], context: RecordsContext) -> Iterator[Doc]:
    """The asks about the records *ids*."""
    for id in ids:
        about = f"{kind.name}/{id}"
        where: list[Condition] = [("topic", ">=", f"{about}/"), ("topic", "<", f"{about}0")]  # 0 follows the slash
        yield from context.store.query(ASKS, where=where, order_by="topic")


def _proposed(ask: Doc) -> Iterator[tuple[str, Any]]:
    """The values that *ask* has, by field."""
    content = ask.data["content"]
    for name, proposed in (*content["fields"].items(), *content["kept"].items()):
        yield from ((name, proposed["now"]), (name, proposed["value"]))


def _is_held_by_another(kind: Kind, claim: Claimed, ids: set[str], context: RecordsContext) -> bool:
    holder = claimant(kind, claim.field, claim.value, context)
    return holder is not None and holder.id not in ids


def _causes(changes: Sequence[ChangeDoc]) -> Iterator[str]:
    """What caused *changes*, and what set a value by its clock."""
    for change in changes:
        yield from (cause for cause in (change["cause"], *change["chain"]) if cause)


def _close(kind: Kind, id: str, cause: Cause, context: RecordsContext) -> None:
    doc = context.store.get(f"{kind.collection}/{id}")
    if doc:
        close(Stored(kind, doc), person_of(kind, id, context).claims, cause, context)


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
