"""What an event says of a record: the record is found or made, and what the sender does not own is only asked for."""

from typing import NamedTuple

from shared.errors import OposError
from shared.events import document_id
from shared.records.body import Body, without
from shared.records.change import Actor, Cause, ChangeDoc
from shared.records.kind import Field, Kind
from shared.records.observation import Observation, observed, observed_other
from shared.records.ownership import Owners, Split, guests, split
from shared.records.proposal import Word
from shared.services.records.context import RecordsContext
from shared.services.records.proposals import Subject, proposing
from shared.services.records.record import Stored, claimant, current_body, kind_named, stored
from shared.services.records.suppression import suppressed
from shared.services.records.transaction import change


class NoExternalId(OposError):
    """A kind has no field for the ids of the system that feeds it."""

    code = "no_external_id"


class Outcome(NamedTuple):
    """The record that an observation is about, its change if there is one, and what the sender may only ask for.

    `ask` is the id of the ask that has this, None if there is nothing to decide. `forgotten_at` is when the record, or
    another with one of its keys, was forgotten: then there is no record, and the observation has no effect.
    """

    record: str
    change: ChangeDoc | None
    asked: Split
    ask: str | None = None
    forgotten_at: str = ""


def observe(observation: Observation, owners: Owners, context: RecordsContext) -> Outcome:
    """Take in *observation*, whatever the order and however often it comes.

    Raises Conflict or AlreadyExists if somebody else was quicker; the caller then tries again. Raises NoSuchKind,
    NoExternalId and InvalidValues if the observation does not fit what `company/` declares.
    """
    kind = kind_named(observation.kind, context)
    field = kind.external(observation.system)
    if field is None:
        hint = f'Declare one: {observation.system}_id: Annotated[str, External("{observation.system}")] | None = None.'
        raise NoExternalId(f"expected {kind.name} to have an id of {observation.system}, found none", hint=hint)
    said = observation._replace(values=kind.parsed({**observation.values, field.name: observation.id}))
    known = _record(kind, field, said, context)
    if (known is None or known.forgotten_at) and (marks := suppressed(kind, said.values, context)):
        at = max(mark.data["at"] for mark in marks.values())
        return Outcome("", None, Split({}, {}, {}), forgotten_at=at)
    id, record = _remembered(kind, said, known, context)
    body = current_body(kind, record)
    if is_other := _is_other(kind, field, said.id, record, context):
        said = said._replace(values={name: said.values[name] for name in said.values if name != field.name})
    linked = _linked(body, field, said.id)
    asked = split(kind, said.values, linked, said.system, owners)
    overruled = guests(kind, linked, said.system, owners) & asked.allowed.keys()
    said, base = said._replace(values=asked.allowed), without(body, overruled)
    after = observed_other(base, said) if is_other else observed(base, said)
    cause = Cause(Actor(kind="source", name=said.system), said.event)
    if record is None:
        return Outcome(id, change(kind, id, None, after, cause, context, yields=True), asked)
    opened = proposing(
        Subject(kind, id, record.body, after, cause), said.system, _word(observation, asked, field), context
    )
    made = change(kind, id, record.doc, after, cause, context, yields=True, also=opened.writes)
    return Outcome(id, made, asked, opened.ask)


def _word(said: Observation, asked: Split, field: Field) -> Word:
    """What *said*, with all its values, proposes. That something is gone there proposes nothing."""
    if said.is_deleted:
        return Word({}, frozenset(), {}, said.clock, insists=False)
    agreed = frozenset(said.values.keys() - asked.allowed.keys() - asked.asked.keys() - {field.name})
    return Word(asked.asked, agreed, asked.owners, said.clock, insists=False)


def _record(kind: Kind, field: Field, said: Observation, context: RecordsContext) -> Stored | None:
    """The record with the id that *said* has, else one with the same key that has no id in that system yet."""
    if record := claimant(kind, field, said.id, context):
        return record
    keys = [key for key in kind.claims if key.is_key and said.values.get(key.name) is not None]
    for key in keys:
        record = claimant(kind, key, said.values[key.name], context)
        if record and field.name not in record.body["values"]:
            return record
    return stored(kind, _new_id(said), context)


def _remembered(
    kind: Kind, said: Observation, known: Stored | None, context: RecordsContext
) -> tuple[str, Stored | None]:
    """The record in the place of *known*, if that was forgotten, and the id that it has or will have."""
    id = known.id if known else _new_id(said)
    while known and known.forgotten_at:
        id = _new_id(said, known.forgotten_at)
        known = stored(kind, id, context)
    return known.id if known else id, known


def _is_other(kind: Kind, field: Field, id: str, record: Stored | None, context: RecordsContext) -> bool:
    """Whether *id* is that of a record that was merged into *record*, which has another id in this system."""
    if record is None or record.body["values"].get(field.name) in {None, id}:
        return False
    return claimant(kind, field, id, context) is not None


def _linked(body: Body, field: Field, id: str) -> Body:
    """*body* as it will be: with its id in the system that speaks."""
    return Body(**{**body, "values": {**body["values"], field.name: id}})


def _new_id(said: Observation, forgotten_at: str = "") -> str:
    """Two that make a record of the same object at once choose the same id, so only one of them does.

    The record of an object that was forgotten stays as it is: if the object may be known again, that is another record.
    """
    return document_id("record", said.kind, said.system, said.id, *filter(None, [forgotten_at]))
