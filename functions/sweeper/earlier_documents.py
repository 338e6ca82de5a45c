"""Writes the documents of earlier releases as this release writes them: queries read the stored fields only."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from functions.sweeper.recovery import BATCH, recover_each
from shared.context import Context
from shared.errors import Conflict
from shared.ports import Doc, Update
from shared.ports.earlier_documents import COLLECTIONS, VERSION, Completed
from shared.ports.store import Data
from shared.services.health.checks.pipeline import SWEEP


def rewrite_earlier(context: Context) -> None:
    """Rewrite a batch of the documents of earlier releases. Once there are none, the record of the sweep says so."""
    last = context.store.get(SWEEP)
    if last and last.data.get("documents") == VERSION:
        return
    earlier = list(islice(_earlier(context), BATCH))
    recover_each(earlier, lambda doc: _write(doc, doc.data, context))
    if last and not earlier:
        _write(last, {"documents": VERSION}, context)


def _earlier(context: Context) -> Iterator[Doc]:
    docs = (doc for collection in COLLECTIONS for doc in context.store.query(collection))
    return (doc for doc in docs if isinstance(doc.data, Completed))


def _write(doc: Doc, data: Data, context: Context) -> None:
    """Write *data* into *doc*. A document that has changed meanwhile was written by this release."""
    with suppress(Conflict):
        context.store.commit([Update(doc.path, data, doc.version)])
