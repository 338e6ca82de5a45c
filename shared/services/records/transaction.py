"""Changes of records: each record, its change and its claims in one batch, and the announcements that follow.

A change is two writes, one for each claim that it takes or gives up, and two for each ask that it opens or ends. Where
the store and the bus share a database, the announcement is in the same commit; elsewhere a third write notes that it
was made, or the sweeper makes it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from shared.errors import OposError
from shared.events import iso
from shared.ports import Create, Delete, Doc, Update, Write, create_or_update
from shared.records.body import Body, body_of, changed_fields
from shared.records.change import CHANGES, Cause, ChangeDoc, change_doc, change_id
from shared.records.derived import derived
from shared.records.history import BLANK
from shared.records.identity import FORGOTTEN
from shared.records.kind import Field, Kind
from shared.services.records.announcements import AGAIN_AFTER, announce, announcement
from shared.services.records.context import RecordsContext
from shared.services.records.proposals import Subject, reviewed
from shared.services.records.record import claims_of, stored


class Taken(OposError):
    """Another record has this key already."""

    code = "key_taken"
    http_status = 409

    def __init__(self, kind: Kind, field: Field, value: Any, record: str) -> None:
        super().__init__(
            f"expected a value of {field.name} that no other {kind.name} has, found {value!r}, which {record[:8]} has",
            hint=f"`opos records show {kind.name} {record[:8]}` shows it; `opos records merge` makes one of the two.",
        )
        self.field, self.record = field, record


class Step(NamedTuple):
    """A change that is ready to commit, with the writes of its record and its claims."""

    made: ChangeDoc
    writes: list[Write]


def change(
    kind: Kind,
    id: str,
    known: Doc | None,
    after: Body,
    cause: Cause,
    context: RecordsContext,
    *,
    undoes: int | None = None,
    yields: bool = False,
    also: Sequence[Write] | None = None,
) -> ChangeDoc | None:
    """Commit *after* as the next change of the record *id*, which was read as *known*; None if nothing changes.

    *also* are writes of the same commit, which is made for them alone if nothing changes. By default, they are those
    that withdraw the proposals which the change decides.

    Raises Conflict or AlreadyExists if somebody else was quicker, and Taken if another record has one of its keys. With
    *yields*, it has the value of such a key all the same, but is not found by it.
    """
    ready = step(kind, id, known, after, cause, context, undoes=undoes, yields=yields, also=also)
    if ready is None:
        if also and known:
            # A change that was decided before it knew of these writes has to be tried again, so the record is written.
            context.store.commit([*also, Update(known.path, {"fence": context.new_id()}, known.version)])
        return None
    commit([ready], context)
    return ready.made


def step(
    kind: Kind,
    id: str,
    known: Doc | None,
    after: Body,
    cause: Cause,
    context: RecordsContext,
    *,
    undoes: int | None = None,
    merges: Sequence[str] = (),
    reclaims: Sequence[str] | None = None,
    yields: bool = False,
    also: Sequence[Write] | None = None,
) -> Step | None:
    """The change that `change` commits, for `commit` to commit with others; None if it would say nothing.

    *merges* has the ids that lead to the record from then on. With *reclaims*, the ids that lead to it again,
    all claims are taken again that none of these holds: others may have had them meanwhile. Raises Taken.
    """
    before = body_of(known.data) if known else None
    n, at = (known.data["n"] + 1, known.data["changed_at"]) if known else (1, "")
    at = max(iso(context.now), at)  # the clock may have been set back, and a history is in order
    made = change_doc(kind.name, id, n, before or BLANK, after, cause, at=at, trace=context.trace)
    if not (made["patch"] or merges or undoes):
        return None
    if also is None:
        also = reviewed(Subject(kind, id, before, after, cause), context) if before else ()
    made["undoes"] = undoes
    if merges:
        made["merges"] = list(merges)
    made["due_at"] = iso(context.now + AGAIN_AFTER) if _says_something(before, after) else None
    old = before if reclaims is None else None
    claims = _claims(kind, (id, *merges, *(reclaims or ())), old, after, context, yields=yields)
    return Step(made, [_projection(kind, id, known, after, made), *claims, *also])


def commit(steps: Sequence[Step], context: RecordsContext) -> None:
    """Commit all *steps* or none, and announce them. Raises Conflict or AlreadyExists."""
    announced = [made for made, _ in steps if made["due_at"]]
    if announced and context.joined:
        for made in announced:
            made["due_at"] = None
        context.joined.publish_all([announcement(made) for made in announced], _writes(steps))
        return
    versions = context.store.commit(_writes(steps))
    for made in announced:
        announce(Doc(_path(made), dict(made), versions[_path(made)]), context)


def _writes(steps: Sequence[Step]) -> list[Write]:
    return [write for made, writes in steps for write in (Create(_path(made), made), *writes)]


def _path(made: ChangeDoc) -> str:
    return f"{CHANGES}/{change_id(made['record'], made['n'])}"


def _says_something(before: Body | None, after: Body) -> bool:
    """Whether a value or the state changes. What only says again what was known is stored, and not announced."""
    return before is None or before["state"] != after["state"] or bool(changed_fields(before, after))


def _projection(kind: Kind, id: str, known: Doc | None, after: Body, made: ChangeDoc) -> Write:
    created_at = known.data["created_at"] if known else made["at"]
    path, content = f"{kind.collection}/{id}", projection(kind, after, made, created_at)
    return Update(path, content, known.version) if known else Create(path, content)


def projection(kind: Kind, body: Body, last: ChangeDoc, created_at: str) -> dict[str, Any]:
    """The document of a record with *body* after its change *last*."""
    forgotten = {"title": FORGOTTEN, "forgotten_at": last["at"]} if last.get("forgets") else {}
    return {
        **body, **derived(kind, body, last["at"]), "kind": kind.name, "n": last["n"], "changed_at": last["at"],
        "created_at": created_at, **forgotten,
    }  # fmt: skip


def _claims(
    kind: Kind, ids: Sequence[str], before: Body | None, after: Body, context: RecordsContext, *, yields: bool
) -> Iterator[Write]:
    """The writes that give up the claims of *before*, and take those of *after*. Raises Taken.

    *ids* are those of the record and of records that are merged into it.
    """
    old, new = claims_of(kind, before or {}), claims_of(kind, after)
    yield from given_up(ids[0], old.keys() - new.keys(), context)
    for path in new.keys() - old.keys():
        claim = context.store.get(path)
        holder = stored(kind, claim.data["record"], context) if claim else None
        if (claim and claim.data["record"] in ids) or (holder and holder.id in ids):
            continue  # it holds the claim, or a record that is merged into it does
        field, value = new[path]
        is_free = holder is None or (holder.body["state"] == "deleted" and not field.system)
        if is_free:
            yield create_or_update(path, {"kind": kind.name, "field": field.name, "record": ids[0]}, claim)
        elif holder and not yields:
            raise Taken(kind, field, value, holder.id)


def given_up(id: str, paths: Iterable[str], context: RecordsContext) -> Iterator[Delete]:
    """The writes that give up those of the claims at *paths* that the record *id* holds."""
    for path in paths:
        claim = context.store.get(path)
        if claim and claim.data["record"] == id:
            yield Delete(path, claim.version)
