"""An import: each row of a file becomes a plan, and the plans are committed in batches."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from opos.importers.records.columns import Columns
from opos.importers.records.plan import Plan, Planner, Said
from opos.importers.records.rows import Row, Source, rows
from opos.importers.records.seen import Seen
from opos.records.assignments import values_of
from opos.records.export import ID, KIND
from shared.errors import OposError
from shared.events import document_id
from shared.records.change import Actor, Cause
from shared.records.kind import Kind
from shared.records.ownership import Owners
from shared.runtime.entry import retry_conflicts
from shared.services.records.batches import in_batches
from shared.services.records.context import RecordsContext
from shared.services.records.transaction import Step, commit, step

_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class FileImport:
    """The import of *source* into *kind*. `unsets` says that an empty cell unsets its field; else it says nothing."""

    kind: Kind
    source: Source
    columns: Columns
    cause: Cause
    owners: Owners
    context: RecordsContext
    unsets: bool = False

    def plans(self) -> Iterator[Plan]:
        """What each row makes of the records. Raises BadFile, and UnknownColumns after the last row."""
        planner = self._planner()
        for row in rows(self.source):
            if plan := self._plan(row, planner):
                yield plan
        self.columns.require_known()

    def write(self, plans: Iterator[Plan]) -> Iterator[Plan]:
        """*plans* once they are committed. What others changed meanwhile is planned again, and may now conflict."""
        late: dict[str, Plan] = {}
        for plan in in_batches(plans, self._together, partial(self._alone, late)):
            yield late.pop(plan.said.place, plan)

    def _planner(self) -> Planner:
        return Planner(self.kind, self.owners, self.context, Seen())

    def _plan(self, row: Row, planner: Planner) -> Plan | None:
        """None for a row of another kind."""
        if row.cells.get(KIND) not in {None, "", self.kind.name}:
            return None
        fields = self.columns.fields(row.cells)
        fields.pop(KIND, None)
        said = Said(row.place, str(fields.pop(ID, "") or "").strip(), {})
        fault = row.fault or ("" if _ID.fullmatch(said.id or "0" * 32) else f"expected an id of opos, found {said.id}")
        try:
            return planner.plan(said._replace(values=self._values(fields))) if not fault else _fault(said, fault)
        except OposError as broken:
            return _fault(said, broken.message.replace("\n", "; "))

    def _values(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Raises InvalidValues with every fault."""
        if self.source.is_typed:
            return self.kind.parsed(fields)
        texts = {name: text for name, text in fields.items() if self.unsets or text.strip()}
        return values_of(self.kind, texts, self.context)

    def _together(self, plans: Sequence[Plan]) -> None:
        commit([ready for plan in plans for ready in self._steps(plan)], self.context)

    def _alone(self, late: dict[str, Plan], plan: Plan) -> None:
        """Commit *plan*, or what it has become; that is noted in *late*."""

        def attempt() -> Plan:
            now = self._planner().decide(plan.said)
            commit(list(self._steps(now)), self.context)
            return now

        if plan.after:
            late[plan.said.place] = retry_conflicts(attempt)

    def _steps(self, plan: Plan) -> Iterator[Step]:
        if plan.after:
            ready = step(self.kind, plan.id, plan.known, plan.after, self.cause, self.context)
            yield from [ready] if ready else []


def cause_of(kind: Kind, file: Path, why: str) -> Cause:
    """The cause of the import of *file*: the same for the same content, whatever it is called."""
    digest = hashlib.sha256()
    for part in (file, file.with_name(f"{file.name}-wal")):
        if part.is_file():
            with part.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    hash = digest.hexdigest()
    return Cause(Actor(kind="import", name=f"{file.name} {hash[:12]}"), document_id("import", kind.name, hash), why)


def _fault(said: Said, fault: str) -> Plan:
    return Plan(said, "fault", left=fault)
