"""Records whose values are of an earlier version of their kind: readers bring them up to date, and so does a change."""

from collections.abc import Iterator

from shared.ports import Doc
from shared.records.change import Cause, ChangeDoc
from shared.records.kind import InvalidValues, Kind
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored, current_body
from shared.services.records.transaction import change


def earlier(kind: Kind, context: RecordsContext) -> Iterator[Stored]:
    """The records of *kind* that an earlier version made, whatever their state. It reads all records of the kind."""
    docs = context.store.query(kind.collection)
    return (Stored(kind, doc) for doc in docs if _is_earlier(kind, doc))


def migrate(kind: Kind, id: str, cause: Cause, context: RecordsContext) -> ChangeDoc | None:
    """Store the values of the record *id* as the upcasters make them; None if it is up to date, or not there.

    Raises Outdated and InvalidValues, and Conflict or AlreadyExists if others were quicker; then try again.
    """
    doc = context.store.get(f"{kind.collection}/{id}")
    if doc is None or not _is_earlier(kind, doc):
        return None
    record = Stored(kind, doc)
    require_valid(record)
    return change(kind, id, doc, current_body(kind, record), cause, context)


def _is_earlier(kind: Kind, doc: Doc) -> bool:
    """A forgotten record stays as it is: an upcaster may need what it no longer has."""
    return bool(doc.data["schema"] < kind.version) and not Stored(kind, doc).forgotten_at


def require_valid(record: Stored) -> None:
    """Raises InvalidValues if what the upcasters make of *record* does not fit its kind, and Outdated without them."""
    kind, values = record.kind, record.values
    kind.parsed(values)
    if record.body["state"] == "live" and (missing := kind.missing(values)):
        raise InvalidValues(kind.name, dict.fromkeys(missing, "expected a value, found none"))
