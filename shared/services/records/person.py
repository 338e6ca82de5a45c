"""Whom records are about: what they are called, and what else the bundle has made of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from shared.asks.ask import COLLECTION as ASKS
from shared.ports import Condition, Doc
from shared.ports.indexes import LEADS_TO
from shared.records.change import ChangeDoc
from shared.records.forgetting import Claimed, claimed, identity_of
from shared.records.identity import Identity, texts
from shared.records.kind import Kind
from shared.services.records.changes import changes_of
from shared.services.records.context import RecordsContext
from shared.services.records.edits import NoSuchRecord
from shared.services.records.record import Stored, claimant, stored


class Subject(NamedTuple):
    """The records *ids* of a kind, which are to be forgotten. The texts in `leaves` are not looked for elsewhere."""

    kind: Kind
    ids: tuple[str, ...]
    leaves: tuple[str, ...] = ()


class Person(NamedTuple):
    """Whom some records are about: these and all that lead to them, and what they are called.

    `linked` are the ids of the events that caused their changes, and of the asks about them.
    """

    kind: Kind
    records: Sequence[Stored]
    identity: Identity
    claims: Sequence[Claimed]
    linked: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(record.id for record in self.records)


def person_of(subject: Subject, context: RecordsContext) -> Person:
    """The person whom *subject* is about. Raises NoSuchRecord.

    What another record has by now, such as an address that was corrected, is not theirs.
    """
    kind = subject.kind
    records = _records(subject, context)
    ids = {record.id for record in records}
    changes = [change for record in records for change in changes_of(record.id, context)]
    asks = list(_asks(kind, ids, context))
    foreign = [claim for claim in claimed(kind, changes) if _is_held_by_another(kind, claim, ids, context)]
    claims = [claim for claim in claimed(kind, changes) if claim not in foreign]
    parted = {id for change in changes for id in change.get("merges", ()) if id not in ids}
    theirs = [word for id in parted for word in identity_of(kind, changes_of(id, context)).words]
    proposed = [value for ask in asks for value in _proposed(ask)]
    others = [*subject.leaves, *theirs, *texts(claim.value for claim in foreign)]
    identity = identity_of(kind, changes, proposed).but(others)
    return Person(kind, records, identity, claims, frozenset([*_events(changes), *(ask.id for ask in asks)]))


def _records(subject: Subject, context: RecordsContext) -> list[Stored]:
    """The records of *subject*, or those that they lead to, and all that lead to these."""
    kind, known = subject.kind, dict[str, Stored]()
    for id in subject.ids:
        record = stored(kind, id, context)
        if record is None:
            raise NoSuchRecord(f"expected the id of a {kind.name}, found none with {id}")
        known[record.id] = record
    waiting = list(known)
    for id in waiting:  # which grows meanwhile
        leading = [Stored(kind, doc) for doc in context.store.query(kind.collection, where=[(LEADS_TO, "==", id)])]
        known |= {record.id: record for record in leading}
        waiting += [record.id for record in leading]
    return list(known.values())


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


def _events(changes: Sequence[ChangeDoc]) -> Iterator[str]:
    """What caused *changes*. An import is about many others, too."""
    for change in changes:
        causes = () if change["actor"]["kind"] == "import" else (change["cause"], *change["chain"])
        yield from filter(None, causes)
