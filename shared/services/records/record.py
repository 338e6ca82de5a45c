"""Records as they are stored: found by id, by key, or by the id that they have in another system."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import NotFound, OposError
from shared.events import document_id
from shared.ports import Doc
from shared.records.body import Body, body_of, empty
from shared.records.kind import Field, Kind
from shared.services.records.context import RecordsContext

CLAIMS = "record_claims"
_MERGES = 50
"""How many merges a reader follows. A merge leads past all merges before it, so a chain is short."""


class NoSuchKind(NotFound):
    code = "no_such_kind"


class MadeLater(OposError):
    """The record has values of a later version of its kind, as after a rollback. To change it would mix the two."""

    code = "made_later"
    http_status = 409

    def __init__(self, kind: Kind, schema: int) -> None:
        super().__init__(
            f"expected a {kind.name} of version {kind.version} or earlier, found version {schema}",
            hint="A later release has stored it. Nothing is changed until that release is back.",
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as the store has it."""

    kind: Kind
    doc: Doc

    @property
    def id(self) -> str:
        return self.doc.id

    @property
    def n(self) -> int:
        """The number of its last change."""
        return int(self.doc.data["n"])

    @property
    def body(self) -> Body:
        return body_of(self.doc.data)

    @property
    def values(self) -> dict[str, Any]:
        """Its values as the kind has them today; those of a forgotten record as they were left. Raises Outdated."""
        body = self.body
        return body["values"] if self.forgotten_at else self.kind.current(body["values"], body["schema"])

    @property
    def complete(self) -> dict[str, Any]:
        """Its values, and for each field without one its default. Raises Outdated."""
        return {**self.kind.defaults, **self.values}

    @property
    def forgotten_at(self) -> str:
        """When the record was forgotten; empty if it was not."""
        return str(self.doc.data.get("forgotten_at") or "")

    @property
    def title(self) -> str:
        return str(self.doc.data["title"])


def current_body(kind: Kind, record: Stored | None) -> Body:
    """The body of *record* as the kind has it today; that of no record yet if it is None.

    Raises Outdated, and MadeLater: what this release does not know, it leaves as it is.
    """
    if record is None:
        return empty(kind.version)
    return body_today(kind, record.body) if not record.forgotten_at else Body(**{**record.body, "schema": kind.version})


def body_today(kind: Kind, body: Body) -> Body:
    """*body* with values as the kind has them today. Raises as `current_body` does."""
    if body["schema"] > kind.version:
        raise MadeLater(kind, body["schema"])
    return Body(**{**body, "values": kind.current(body["values"], body["schema"]), "schema": kind.version})


def kind_named(name: str, context: RecordsContext) -> Kind:
    """Raises NoSuchKind."""
    kinds = context.kinds
    if name not in kinds:
        raise NoSuchKind(f"expected a kind of record ({', '.join(kinds)}), found {name}")
    return kinds[name]


def stored(kind: Kind, id: str, context: RecordsContext) -> Stored | None:
    """The record *id*, or the one that it was merged into."""
    for _ in range(_MERGES):
        doc = context.store.get(f"{kind.collection}/{id}")
        if doc is None or not doc.data["into"]:
            return Stored(kind, doc) if doc else None
        id = doc.data["into"]
    return None


def claim_path(kind: Kind, field: Field, value: Any) -> str:
    """The document that says which record has *value*. Two records cannot both create it."""
    scope = f"system:{field.system}" if field.system else field.name
    return f"{CLAIMS}/{document_id(kind.name, scope, field.claimed(value))}"


def claimant(kind: Kind, field: Field, value: Any, context: RecordsContext) -> Stored | None:
    """The record whose *field* is *value*."""
    claim = context.store.get(claim_path(kind, field, value))
    return stored(kind, claim.data["record"], context) if claim else None


def by_key(kind: Kind, text: str, context: RecordsContext) -> Stored | None:
    """The record that has *text* as a key or as an id in another system."""
    matches = (claimant(kind, field, text, context) for field in kind.claims)
    return next((record for record in matches if record), None)


def claims_of(kind: Kind, body: Body | Mapping[str, Any]) -> dict[str, tuple[Field, Any]]:
    """What a record with *body* claims, by the path of each claim.

    A deleted record keeps its ids in other systems, so that what they say of it later finds its tombstone; its keys are
    free. A merged record keeps all, as they lead to the record that it was merged into.
    """
    values = body.get("values") or {}
    fields = [field for field in kind.claims if field.name in values]
    if body.get("state") == "deleted":
        fields = [field for field in fields if field.system]
    return {claim_path(kind, field, values[field.name]): (field, values[field.name]) for field in fields}
