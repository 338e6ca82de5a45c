"""Writes the documents of earlier releases as this release writes them: queries read the stored fields only."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from functions.sweeper.recovery import BATCH, recover_each
from shared.context import Context
from shared.errors import Conflict
from shared.ports import Doc, Update, create_or_update
from shared.ports.earlier_documents import COLLECTIONS, VERSION, Completed

STATE = "sweeps/documents"


def rewrite_earlier(context: Context) -> None:
    """Rewrite a batch of the documents of earlier releases; after the last, never look for them again."""
    known = context.store.get(STATE)
    if known and known.data["version"] == VERSION:
        return
    earlier = list(islice(_earlier(context), BATCH))
    recover_each(earlier, lambda doc: _rewrite(doc, context))
    if len(earlier) < BATCH:
        context.store.commit([create_or_update(STATE, {"version": VERSION}, known)])


def _earlier(context: Context) -> Iterator[Doc]:
    docs = (doc for collection in COLLECTIONS for doc in context.store.query(collection))
    return (doc for doc in docs if isinstance(doc.data, Completed))


def _rewrite(doc: Doc, context: Context) -> None:
    """A document that has changed meanwhile was written by this release."""
    with suppress(Conflict):
        context.store.commit([Update(doc.path, doc.data, doc.version)])
