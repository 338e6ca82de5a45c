"""The rebuild of records from their changes: what each should be, how it differs from what is stored, and the fixing.

A history is the record: the stored document, its claims and what lists go by follow from it, so each can be made again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from shared.errors import AlreadyExists, Conflict, OposError
from shared.ports import Delete, Doc, Write, create_or_update
from shared.records.body import body_of
from shared.records.change import CHANGES, ChangeDoc, Difference, change_id
from shared.records.history import Gap, folded
from shared.records.kind import Kind, collection_of
from shared.records.patch import difference
from shared.services.records.changes import changes_of
from shared.services.records.context import RecordsContext
from shared.services.records.edits import TRIES
from shared.services.records.histories import documents, histories
from shared.services.records.record import CLAIMS, claims_of
from shared.services.records.transaction import projection


class Comparison(NamedTuple):
    """What the changes of a record say of it, beside what is stored."""

    kind: str
    record: str
    digest: str = ""
    """The hash of what its changes add up to: the same in every store with these changes and kinds."""
    differences: Sequence[Difference] = ()
    """Where what is stored, `before`, differs from that, `after`; `field` is a path such as `values.name`."""
    claims: Sequence[str] = ()
    """The fields whose values should lead to the record and do not, or the other way round."""
    writes: Sequence[Write] = ()
    """What fixes it."""
    fault: str = ""
    """Why nothing can fix it."""

    @property
    def is_sound(self) -> bool:
        return not (self.writes or self.fault)


def comparisons(context: RecordsContext, *, fixing: bool = False, only: str = "") -> Iterator[Comparison]:
    """A comparison for each record, by id, and more for records without changes and claims without reason.

    With *fixing*, what is found is fixed. *only* is the name of a kind. Other writers may go on meanwhile.
    """
    stored: Counter[str] = Counter()
    for changes in histories(context):
        kind, record = changes[0]["kind"], changes[0]["record"]
        if only in {"", kind}:
            doc = _doc(kind, record, context)
            comparison = examined(changes, doc, context)
            if not comparison.is_sound:
                comparison = _settled(kind, record, context, fixing=fixing)
                doc = _doc(kind, record, context)
            yield comparison
            stored[kind] += doc is not None
    for declared in context.kinds.values():
        if only in {"", declared.name} and context.store.count(declared.collection) != stored[declared.name]:
            yield from _without_changes(declared, context)
    yield from _idle_claims(context, fixing=fixing, only=only)


def examined(changes: Sequence[ChangeDoc], doc: Doc | None, context: RecordsContext) -> Comparison:
    """What *changes*, all of those of a record, say of it and of *doc*, as which it is stored."""
    name, record = changes[0]["kind"], changes[0]["record"]
    kind = context.kinds.get(name)
    if kind is None:
        return Comparison(name, record, fault=f"company/ declares no kind {name}")
    try:
        content = rebuilt(kind, changes)
    except (Gap, KeyError, OposError) as fault:
        return Comparison(name, record, fault=f"its changes do not add up: {fault}")
    known = {part: doc.data[part] for part in content if part in doc.data} if doc else {}
    claims = missing_claims(kind, record, content, context)
    writes = [create_or_update(f"{kind.collection}/{record}", content, doc)] if _differences(known, content) else []
    return Comparison(
        name, record, digest(content), _differences(known, content), tuple(claims), (*writes, *claims.values())
    )


def rebuilt(kind: Kind, changes: Sequence[ChangeDoc]) -> dict[str, Any]:
    """The document of a record with *changes*. Raises Gap, KeyError if a patch does not fit, and Outdated."""
    body = folded(changes)
    assert body  # noqa: S101  (a record has a first change)
    return projection(kind, body, changes[-1], changes[0]["at"])


def digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def missing_claims(kind: Kind, record: str, content: dict[str, Any], context: RecordsContext) -> dict[str, Write]:
    """By field, what claims the values of *record* that lead neither to it nor to another record that has them."""
    writes: dict[str, Write] = {}
    for path, (field, _) in claims_of(kind, content).items():
        claim = context.store.get(path)
        if claim is None or not _is_held(kind, path, claim.data["record"], record, context):
            fixed = {"kind": kind.name, "field": field.name, "record": record}
            writes[field.name] = create_or_update(path, fixed, claim)
    return writes


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    old = {operation["path"]: operation.get("value") for operation in difference(after, before)}
    return [
        Difference(operation["path"][1:].replace("/", "."), old[operation["path"]], operation.get("value"))
        for operation in difference(before, after)
    ]


def _doc(kind: str, record: str, context: RecordsContext) -> Doc | None:
    return context.store.get(f"{collection_of(kind)}/{record}")


def _settled(kind: str, record: str, context: RecordsContext, *, fixing: bool) -> Comparison:
    """What is found, and with *fixing* fixed, at one moment.

    The record is read before its changes: if it changes in between, its version does, and the fixing conflicts.
    """
    for left in reversed(range(TRIES)):
        doc = _doc(kind, record, context)
        comparison = examined(changes_of(record, context), doc, context)
        if not (fixing and comparison.writes):
            return comparison
        try:
            context.store.commit(comparison.writes)
        except (Conflict, AlreadyExists):
            if not left:
                raise
        else:
            return comparison
    raise AssertionError


def _is_held(kind: Kind, path: str, holder: str, record: str, context: RecordsContext) -> bool:
    if holder == record:
        return True
    doc = _doc(kind.name, holder, context)
    return doc is not None and path in claims_of(kind, body_of(doc.data))


def _without_changes(kind: Kind, context: RecordsContext) -> Iterator[Comparison]:
    for doc in documents(context.store, kind.collection):
        if context.store.get(f"{CHANGES}/{change_id(doc.id, 1)}") is None:
            yield Comparison(kind.name, doc.id, fault="it has no changes, so nothing says what it should be")


def _idle_claims(context: RecordsContext, *, fixing: bool, only: str) -> Iterator[Comparison]:
    """Claims of values that their records do not have, which would keep others from having them."""
    for claim in documents(context.store, CLAIMS):
        kind = context.kinds.get(claim.data["kind"])
        if kind and only in {"", kind.name} and not _is_held(kind, claim.path, claim.data["record"], "", context):
            writes = [Delete(claim.path, claim.version)]
            if fixing:
                context.store.commit(writes)
            yield Comparison(kind.name, claim.data["record"], claims=(claim.data["field"],), writes=writes)
