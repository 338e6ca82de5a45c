"""The store as the rest of opos sees it: each document that it returns is complete, whichever release wrote it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.ports import Condition, Doc, Store, Write
from shared.ports.earlier_documents import current


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
        return self.stored.commit(writes)


def _current(doc: Doc) -> Doc:
    data = current(doc.path.partition("/")[0], doc.data)
    return doc if data is doc.data else doc._replace(data=data)
