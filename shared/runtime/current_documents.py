"""The store as the rest of opos sees it: each document that it returns is complete, whichever release wrote it, and
each alert that it writes can be found by what the alert is then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.ports import Condition, Delete, Doc, Store, Write
from shared.ports.earlier_documents import current
from shared.ports.terms import alert_index

_WHOLE = frozenset({"state", "severity", "title", "labels", "last_seen"})
"""What a write of an alert has that may change how it is found. Writes of other fields have none of these."""


@dataclass(frozen=True)
class CurrentDocuments:
    """*stored*, whose documents may come from any earlier release."""

    stored: Store

    def get(self, path: str) -> Doc | None:
        doc = self.stored.get(path)
        return _current(doc) if doc else None

    def query(self, collection: str, **asked: Any) -> Iterator[Doc]:
        return map(_current, self.stored.query(collection, **asked))

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int:
        return self.stored.count(collection, where=where)

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        return self.stored.commit([_indexed(write) for write in writes])


def _current(doc: Doc) -> Doc:
    data = current(doc.path.partition("/")[0], doc.data)
    return doc if data is doc.data else doc._replace(data=data)


def _indexed(write: Write) -> Write:
    if isinstance(write, Delete) or not write.path.startswith("alerts/") or not write.data.keys() >= _WHOLE:
        return write
    return write._replace(data={**write.data, **alert_index(write.data)})
