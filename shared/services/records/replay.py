"""Histories from another store, put into this one: with the same changes, both have the same records."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from shared.errors import OposError
from shared.ports import Create, Write, create_or_update
from shared.records.change import CHANGES, ChangeDoc, change_id
from shared.records.kind import Kind
from shared.services.records.batches import MOST, in_batches
from shared.services.records.changes import changes_of
from shared.services.records.context import RecordsContext
from shared.services.records.rebuild import missing_claims, rebuilt
from shared.services.records.record import claims_of, kind_named
from shared.services.records.transaction import given_up


class OtherHistory(OposError):
    """The store has other changes of a record under the same numbers."""

    code = "other_history"


def portable(change: ChangeDoc) -> dict[str, Any]:
    """*change* without what is only of the store that made it."""
    return {name: value for name, value in change.items() if name != "due_at"}


def replay(histories: Iterable[Sequence[ChangeDoc]], context: RecordsContext) -> Iterator[int]:
    """Add what this store lacks of *histories*, each all changes of a record. Yields how many that were of each.

    A record that was forgotten here stays so.

    They were announced where they were made, so they are not announced again. Raises OtherHistory, NoSuchKind, Gap, and
    Conflict or AlreadyExists if somebody else was quicker.
    """

    def together(batch: Sequence[Lacking]) -> None:
        context.store.commit([write for lacking in batch for write in _writes(lacking, len(lacking.history), context)])

    def alone(lacking: Lacking) -> None:
        for start in range(lacking.known, len(lacking.history), MOST):
            part = lacking._replace(known=start)
            context.store.commit(list(_writes(part, min(start + MOST, len(lacking.history)), context)))

    lacking = (_lacking(history, context) for history in histories)
    for done in in_batches(lacking, together, alone, weight=lambda lacking: lacking.size):
        yield done.size


class Lacking(NamedTuple):
    """A history of which the store has the first *known* changes."""

    kind: Kind
    history: Sequence[ChangeDoc]
    known: int

    @property
    def size(self) -> int:
        return len(self.history) - self.known


def _lacking(history: Sequence[ChangeDoc], context: RecordsContext) -> Lacking:
    kind, known = kind_named(history[0]["kind"], context), changes_of(history[0]["record"], context)
    if known and known[-1].get("forgets"):
        return Lacking(kind, known, len(known))  # a file from before would bring back what was forgotten
    for mine, other in zip(known, history, strict=False):
        if portable(mine) != portable(other):
            raise OtherHistory(f"expected the same change {mine['n']} of {mine['record']} here and there, found two")
    rebuilt(kind, history)
    return Lacking(kind, history, min(len(known), len(history)))


def _writes(lacking: Lacking, end: int, context: RecordsContext) -> Iterator[Write]:
    """The writes after which the store has the first *end* changes."""
    kind, history, known = lacking
    if known == end:
        return
    record = history[0]["record"]
    path, content = f"{kind.collection}/{record}", rebuilt(kind, history[:end])
    for change in history[known:end]:
        yield Create(f"{CHANGES}/{change_id(record, change['n'])}", {**portable(change), "due_at": None})
    doc = context.store.get(path)
    yield create_or_update(path, content, doc)
    yield from missing_claims(kind, record, content, context).values()
    held = claims_of(kind, doc.data if doc else {}).keys()
    yield from given_up(record, held - claims_of(kind, content).keys(), context)
