"""The Store on Firestore: each commit is one atomic batch with preconditions, without a transaction.

A document's version is its update time, which the commit's own answer carries, so the next write needs no read.
Source: `google/firestore/v1/firestore.proto`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.api_core.exceptions import Aborted, FailedPrecondition, NotFound
from google.api_core.exceptions import AlreadyExists as Exists
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import document, firestore, write

from shared.adapters.firestore.queries import structured
from shared.adapters.firestore.values import decode_fields, encode_fields
from shared.adapters.google_client import DEADLINE, patiently, project, translated, transport
from shared.errors import AlreadyExists, Conflict
from shared.ports import Condition, Create, Delete, Doc, Set, Update, Write
from shared.ports.field_paths import merge

PAGE = 300
MORE_PER_WRITE = 0.02
"""Seconds that each write adds to the deadline of a commit, because a large batch takes longer."""
_Write, _Document = write.Write.pb(), document.Document.pb()
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True)
class FirestoreStore:
    """The store. *database* is the full name, `projects/{project}/databases/{database}`.

    Each call may take *deadline* seconds.
    """

    client: FirestoreClient
    database: str
    deadline: float = DEADLINE

    @property
    def documents(self) -> str:
        return f"{self.database}/documents"

    def get(self, path: str) -> Doc | None:
        request = firestore.GetDocumentRequest(name=f"{self.documents}/{path}")
        with translated("Firestore"):
            try:
                return self._doc(self.client.get_document(request, timeout=self.deadline, retry=patiently()))
            except NotFound:
                return None

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
        """Reads page by page, so that each page has a deadline of its own."""
        left = limit
        while left is None or left > 0:
            asked = PAGE if left is None else min(left, PAGE)
            page = self._page(
                collection, where=where, order_by=order_by, descending=descending, limit=asked, after=after
            )
            yield from page
            if len(page) < asked:
                return
            left, after = None if left is None else left - asked, page[-1]

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int:
        counted = firestore.RunAggregationQueryRequest.pb()(parent=self.documents)
        counted.structured_aggregation_query.structured_query.CopyFrom(
            structured(collection, where=where, ordered=False)
        )
        counted.structured_aggregation_query.aggregations.add(alias="n").count.SetInParent()
        request = firestore.RunAggregationQueryRequest.wrap(counted)
        with translated("Firestore"):
            answers = list(self.client.run_aggregation_query(request, timeout=self.deadline, retry=patiently()))
        return int(answers[0].result.aggregate_fields["n"].integer_value)

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        request = firestore.CommitRequest.pb()(
            database=self.database, writes=[self._write(change) for change in writes]
        )
        deadline = self.deadline + len(writes) * MORE_PER_WRITE
        with translated("Firestore"):
            try:
                answer = self.client.commit(firestore.CommitRequest.wrap(request), timeout=deadline, retry=None)
            except (Exists, FailedPrecondition, NotFound, Aborted) as fault:
                raise self._conflict(writes) from fault
        times = [_version(result.update_time) for result in firestore.CommitResponse.pb(answer).write_results]
        return {change.path: time for change, time in zip(writes, times, strict=True) if not isinstance(change, Delete)}

    def _page(self, collection: str, **query: Any) -> list[Doc]:
        asked = firestore.RunQueryRequest.pb()(parent=self.documents)
        asked.structured_query.CopyFrom(structured(collection, **query, documents=self.documents))
        request = firestore.RunQueryRequest.wrap(asked)
        with translated("Firestore"):
            answers = list(self.client.run_query(request, timeout=self.deadline, retry=patiently()))
        return [self._doc(answer.document) for answer in answers if answer.document.name]

    def _conflict(self, writes: Sequence[Write]) -> AlreadyExists | Conflict:
        """The error for the write that failed. Firestore does not always say which one it was."""
        guarded: list[Write] = [change for change in writes if not isinstance(change, Set)]
        at_fault = next(
            (change for change in guarded if len(guarded) > 1 and self._is_stale(change)), [*guarded, *writes][0]
        )
        return AlreadyExists(at_fault.path) if isinstance(at_fault, Create) else Conflict(at_fault.path)

    def _is_stale(self, change: Write) -> bool:
        doc = self.get(change.path)
        if isinstance(change, Update | Delete):
            return doc is None or doc.version != change.if_version
        return isinstance(change, Create) and doc is not None

    def _write(self, change: Write) -> Any:
        name = f"{self.documents}/{change.path}"
        match change:
            case Create(_, data):
                return _Write(update=_document(name, data), current_document={"exists": False})
            case Set(_, data):
                return _Write(update=_document(name, data))
            case Update(_, data, if_version):
                mask = {"field_paths": [_field_path(path) for path in data]}
                guard = {"update_time": _moment(if_version)}
                return _Write(update=_document(name, merge({}, data)), update_mask=mask, current_document=guard)
            case Delete(_, if_version):
                return _Write(delete=name, current_document={"update_time": _moment(if_version)})

    def _doc(self, answer: Any) -> Doc:
        plain = document.Document.pb(answer)
        path = plain.name.removeprefix(f"{self.documents}/")
        return Doc(path, decode_fields(plain.fields), _version(plain.update_time))


def connect(project_id: str | None, database: str, emulator: str | None) -> FirestoreStore:
    """The store in *database* of a project (the credentials' own, if None); on the emulator at *emulator*, if given."""
    client = FirestoreClient(transport=transport("Firestore", FirestoreGrpcTransport, emulator))
    return FirestoreStore(client, f"projects/{project(project_id)}/databases/{database}")


def _document(name: str, data: Any) -> Any:
    return _Document(name=name, fields=encode_fields(data))


def _field_path(path: str) -> str:
    if not _SIMPLE.fullmatch(path):
        raise ValueError(f"expected a field path such as handled.router, found {path!r}")
    return path


def _version(moment: Any) -> str:
    return f"{moment.seconds}.{moment.nanos:09}"


def _moment(version: str) -> dict[str, int]:
    seconds, _, nanos = version.partition(".")
    return {"seconds": int(seconds), "nanos": int(nanos or 0)}
