"""Writes the documents of earlier releases as this release writes them: queries read the stored fields only."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from functions.sweeper.recovery import BATCH, recover_each
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.ports import Doc, Update, create_or_update
from shared.ports.earlier_documents import COLLECTIONS, PROGRESS, VERSION, Completed


def rewrite_earlier(context: Context) -> None:
    """Look at the next batch of documents, and rewrite those of earlier releases, until all have been looked at."""
    known = context.store.get(PROGRESS)
    if known and known.data["version"] == VERSION:
        return
    docs = list(islice(_after(known.data["place"] if known else "", context), BATCH))
    progress = {"version": VERSION if len(docs) < BATCH else None, "place": docs[-1].path if docs else ""}
    try:
        recover_each([doc for doc in docs if isinstance(doc.data, Completed)], lambda doc: _rewrite(doc, context))
    finally:
        with suppress(Conflict, AlreadyExists):
            context.store.commit([create_or_update(PROGRESS, progress, known)])


def _after(place: str, context: Context) -> Iterator[Doc]:
    """The documents of all collections, in a fixed order, after the path *place*."""
    reached = place.partition("/")[0]
    collections = COLLECTIONS[COLLECTIONS.index(reached) :] if reached in COLLECTIONS else COLLECTIONS
    for collection in collections:
        yield from context.store.query(collection, after=Doc(place, {}, "") if collection == reached else None)


def _rewrite(doc: Doc, context: Context) -> None:
    """A document that has changed meanwhile was written by this release."""
    with suppress(Conflict):
        context.store.commit([Update(doc.path, doc.data, doc.version)])
