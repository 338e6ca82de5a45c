"""Records of somebody else that speak of a person: the texts in them go, what makes them another record stays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.ports import Doc
from shared.records.body import Body, body_of
from shared.records.derived import derived
from shared.records.forgetting import with_values
from shared.records.identity import FORGOTTEN, Identity
from shared.records.kind import Kind
from shared.records.scrubbing import Scrub, scrubbed
from shared.services.records.context import RecordsContext


@dataclass
class Others:
    """The records that are not forgotten while *person*, whose records are of *kind*, is.

    A key and an id of a record stay, and so does a name or an address in a field about the person whom another record
    of the same kind is about: two may share one. `reported` has these records, for the operator to decide.
    """

    kind: Kind
    person: Identity
    context: RecordsContext
    reported: dict[str, str] = field(default_factory=dict)
    """The kinds of the records, by id."""
    _near: set[str] = field(default_factory=set)

    def is_near(self, doc: Doc) -> bool:
        """Whether *doc* is a change of a record that is known to be near."""
        return doc.data.get("record") in self._near

    def record(self, doc: Doc, *, is_near: bool) -> dict[str, Any]:
        """The document of a record without the person."""
        self._near |= {doc.id} if is_near else set()
        kind = self.context.kinds.get(doc.data["kind"])
        if kind is None or doc.data.get("forgotten_at"):
            return doc.data
        scrub = self.person.scrub(is_near=is_near)
        values = {name: self._value(kind, name, value, scrub, doc.id) for name, value in doc.data["values"].items()}
        if values == doc.data["values"]:
            return doc.data
        body = Body(**{**body_of(doc.data), "values": values})
        return {**doc.data, **body, **derived(kind, body, doc.data["changed_at"])}

    def change(self, doc: Doc) -> Mapping[str, Any]:
        """The document of a change of a record without the person, so that it still makes the record what it is."""
        record, kind = doc.data["record"], self.context.kinds.get(doc.data["kind"])
        if kind is None:
            return doc.data
        scrub = self.person.scrub(is_near=record in self._near)

        def kept(name: str, value: Any) -> Any:
            return self._value(kind, name, value, scrub)

        patches = {side: with_values(doc.data[side], kept) for side in ("patch", "inverse")}
        return {**doc.data, **patches, "reason": scrub(doc.data["reason"])}

    def _value(self, kind: Kind, name: str, value: Any, scrub: Scrub, record: str = "") -> Any:
        known, less = kind.fields.get(name), scrubbed(value, scrub)
        is_own = known is not None and (
            known.is_claimed or (known.is_personal and kind.name == self.kind.name and _is_gone(less))
        )
        if is_own and less != value and record:
            self.reported[record] = kind.name
        return value if is_own else less


def _is_gone(value: Any) -> bool:
    """Whether nothing of *value* is left."""
    return bool(value == FORGOTTEN)
