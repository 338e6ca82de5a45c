"""The Store port: JSON documents with versions, written in atomic batches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

Data = Mapping[str, Any]


class Doc(NamedTuple):
    """A stored document. `path` is `collection/id`; `version` is opaque and changes with each write."""

    path: str
    data: dict[str, Any]
    version: str

    @property
    def id(self) -> str:
        return self.path.partition("/")[2]


class Create(NamedTuple):
    """Write a document that must not exist yet."""

    path: str
    data: Data


class Update(NamedTuple):
    """Merge *data* into a document that must be at *if_version*. Keys are dotted field paths (`handled.router`)."""

    path: str
    data: Data
    if_version: str


class Set(NamedTuple):
    """Write a whole document, whether it exists or not."""

    path: str
    data: Data


class Delete(NamedTuple):
    """Remove a document that must be at *if_version*."""

    path: str
    if_version: str


Write = Create | Update | Set | Delete


def create_or_update(path: str, data: Data, known: Doc | None) -> Write:
    """The write of *data* that conflicts if the document has changed since *known* was read; None if it was absent."""
    return Update(path, data, known.version) if known else Create(path, data)


Operator = Literal["==", "<", "<=", ">", ">=", "contains"]
Condition = tuple[str, Operator, Any]
"""A dotted field, an operator, a value (text, number or bool). An absent field never matches, nor null.

`contains` asks whether a list of texts, declared in `shared.ports.indexes.LISTS`, has the value as an element. It is
the only condition of its query, which has no *order_by*: the index of one field answers each query.

Records are the exception. A query of a collection of records may have any number of conditions `==`, or one `contains`,
on fields in `listed`, and is then ordered by `listed.changed_at`.
"""


class Store(Protocol):
    """The database: documents, written in optimistic, atomic batches. Raises Unavailable if it cannot be reached."""

    def get(self, path: str) -> Doc | None: ...

    def query(
        self,
        collection: str,
        *,
        where: Sequence[Condition] = (),
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        after: Doc | None = None,
    ) -> Iterator[Doc]:
        """The matching documents, ordered by *order_by* and then id; *after* continues behind a document of a page.

        Documents without the *order_by* field do not match. Conditions other than `==` must all be on that field (two
        make a range; this is Firestore's rule), and `shared.ports.indexes` must declare an index for it.

        Records with equal values of *order_by* are ordered by `listed.changed_at`, and then id.
        """
        ...

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int: ...

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        """Apply all *writes* or none. Returns the new version of each written path.

        What UTF-8 cannot encode, half of a surrogate pair, is stored as `?`.
        Raises AlreadyExists or Conflict, naming the path that caused it; a missing document is a Conflict too.
        """
        ...
