"""What a row of a file makes of the records: a new one, a change, nothing, or a conflict that is not written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from opos.importers.records.seen import Seen
from opos.records.differences import between
from shared.events import document_id
from shared.ports import Doc
from shared.records.body import OPERATOR, Body, with_state, with_values
from shared.records.change import Difference
from shared.records.kind import Field, Kind
from shared.records.ownership import Owners, split
from shared.records.patch import same
from shared.services.records.clocks import clock_of, first_clock
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored, claim_path, claimant, current_body, stored
from shared.services.records.suppression import secret_of, suppressed

Verdict = Literal["new", "change", "same", "conflict", "fault"]


class Said(NamedTuple):
    """What a row says of a record: its id, if the file has one, and values, of which None means unset."""

    place: str
    id: str
    values: Mapping[str, Any]


class Plan(NamedTuple):
    """The record `id`, read as `known`, has the body `after`; both are None if nothing is written."""

    said: Said
    verdict: Verdict
    id: str = ""
    title: str = ""
    known: Doc | None = None
    after: Body | None = None
    differences: list[Difference] = []  # noqa: RUF012  (nobody changes it)
    left: str = ""
    """What is not written, and why."""


@dataclass(frozen=True)
class Planner:
    """`seen` has what earlier rows of the file were about."""

    kind: Kind
    owners: Owners
    context: RecordsContext
    seen: Seen

    def plan(self, said: Said) -> Plan:
        """The plan for the next row of the file."""
        keys = [claim_path(self.kind, field, value) for field, value in self._claimed(said)]
        if not keys and not said.id:
            said = said._replace(id=self._content_id(said))
            return Plan(said, "same") if self._is_there(said.id) else self.decide(said)
        decided = self.decide(said)
        own = said.id if decided.verdict == "new" else decided.id
        for key in {*keys, *([own] if own else [])}:
            first, times = self.seen.note(key, said.place)
            if times > 1:
                return Plan(said, "fault", left=f"it is about the same {self.kind.name} as {first}")
        return decided

    def decide(self, said: Said) -> Plan:
        """The plan for *said*, whatever else the file says."""
        records = {record.id: record for record in self._records(said)}
        if len(records) > 1:
            titles = " and ".join(f"{record.title} ({id[:8]})" for id, record in sorted(records.items()))
            return Plan(said, "conflict", left=f"its keys lead to several records: {titles}")
        record = next(iter(records.values()), None)
        return self._change(said, record) if record else self._new(said)

    def _new(self, said: Said) -> Plan:
        kind, values = self.kind, {name: value for name, value in said.values.items() if value is not None}
        secret = self._secret  # which is read once, as a file may have many rows
        for mark in suppressed(kind, values, self.context, secret).values() if secret else ():
            return Plan(said, "conflict", left=_forgotten(mark.data["at"]))
        if missing := kind.missing(values):
            return Plan(said, "fault", left=f"expected {', '.join(missing)}, which a new {kind.name} needs, found none")
        id = said.id or self.context.new_id()
        clock = first_clock(id, self.context)
        after = with_state(with_values(current_body(kind, None), values, clock), "live", clock)
        return Plan(said, "new", id, kind.title(values), None, after)

    def _change(self, said: Said, record: Stored) -> Plan:
        kind, body = self.kind, current_body(self.kind, record)
        if record.forgotten_at:
            return Plan(said, "conflict", record.id, left=_forgotten(record.forgotten_at))
        if body["state"] != "live":
            return Plan(said, "conflict", record.id, record.title, left="the record is deleted: restore it first")
        differing = {name: value for name, value in said.values.items() if not same(body["values"].get(name), value)}
        lost = [name for name, value in differing.items() if value is None and kind.fields[name].info.is_required()]
        if lost:
            return Plan(said, "fault", left=f"expected a value of {', '.join(lost)}, found none")
        asked = split(kind, differing, body, OPERATOR, self.owners)
        after = with_values(body, asked.allowed, clock_of(record, asked.allowed, self.context))
        changes = between(body["values"], after["values"])
        left = "; ".join(f"{name} belongs to {system}" for name, system in sorted(asked.owners.items()))
        verdict: Verdict = "change" if changes else "conflict" if left else "same"
        known, body_after = (record.doc, after) if changes else (None, None)
        return Plan(said, verdict, record.id, record.title, known, body_after, changes, left)

    @cached_property
    def _secret(self) -> Doc | None:
        return secret_of(self.context)

    def _records(self, said: Said) -> list[Stored]:
        """The records that the id and the keys of a row lead to."""
        kind, context = self.kind, self.context
        records = [claimant(kind, field, value, context) for field, value in self._claimed(said)]
        return [record for record in (stored(kind, said.id, context) if said.id else None, *records) if record]

    def _claimed(self, said: Said) -> list[tuple[Field, Any]]:
        """The keys and external ids in *said*."""
        pairs = [(field, said.values.get(field.name)) for field in self.kind.claims]
        return [(field, value) for field, value in pairs if value is not None]

    def _content_id(self, said: Said) -> str:
        """The id for a row without keys: it is known by what it says, and equal rows by their number."""
        content = json.dumps(said.values, ensure_ascii=False, sort_keys=True)
        key = document_id("import", self.kind.name, content)
        return document_id(key, str(self.seen.note(key, said.place)[1]))

    def _is_there(self, id: str) -> bool:
        return self.context.store.get(f"{self.kind.collection}/{id}") is not None


def _forgotten(at: str) -> str:
    return f"it was forgotten on {at[:10]}; `opos records new --allow-forgotten` creates it again"
