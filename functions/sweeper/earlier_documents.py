"""Writes the documents of earlier releases as this release writes them: queries read the stored fields only."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any

from functions.sweeper.recovery import BATCH, recover_each
from shared.context import Context
from shared.errors import AlreadyExists, Conflict
from shared.events import iso
from shared.ports import Doc, Update, create_or_update
from shared.ports.earlier_documents import COLLECTIONS, PROGRESS, VERSION, Completed, is_rewritten
from shared.ports.terms import place

OVERLAP = timedelta(hours=1)
"""How long instances of the earlier release may go on after an upgrade, at most."""
_ROUND = f"{VERSION}/"
"""What the places of the round of this release begin with. A round of another release, whether it is complete or an
upgrade or a rollback has interrupted it, says nothing about this one.
"""


def rewrite_earlier(context: Context) -> None:
    """Look at the next batch of documents, and rewrite those of earlier releases, until all have been looked at.

    They are looked at again when OVERLAP has passed, for what an instance of the earlier release has written meanwhile.
    """
    known = context.store.get(PROGRESS)
    is_again = is_rewritten(known)
    again = known.data["again"] if known and is_again else iso(context.now + OVERLAP)
    if is_again and (again is None or iso(context.now) < again):
        return
    docs = list(islice(_after(_reached(known.data if known else {}), context), BATCH))
    is_last = len(docs) < BATCH
    progress = {
        "version": VERSION if is_last or is_again else None,
        "place": "" if is_last else f"{_ROUND}{docs[-1].path}",
        "again": None if is_last and is_again else again,
    }
    try:
        recover_each(filter(_is_earlier, docs), lambda doc: _rewrite(doc, context))
    finally:
        with suppress(Conflict, AlreadyExists):
            context.store.commit([create_or_update(PROGRESS, progress, known)])


def _reached(progress: Mapping[str, Any]) -> str:
    """The path after which the round of this release goes on; empty at its beginning."""
    reached = str(progress.get("place", ""))
    return reached.removeprefix(_ROUND) if reached.startswith(_ROUND) else ""


def _after(path: str, context: Context) -> Iterator[Doc]:
    """The documents of all collections, in a fixed order, after *path*."""
    reached = path.partition("/")[0]
    collections = COLLECTIONS[COLLECTIONS.index(reached) :] if reached in COLLECTIONS else COLLECTIONS
    for collection in collections:
        yield from context.store.query(collection, after=Doc(path, {}, "") if collection == reached else None)


def _is_earlier(doc: Doc) -> bool:
    """Whether the store has the document otherwise: an earlier release may also have left an alert in a wrong place."""
    is_misplaced = doc.path.startswith("alerts/") and doc.data.get("urgency") != place(doc.data)
    return is_misplaced or isinstance(doc.data, Completed)


def _rewrite(doc: Doc, context: Context) -> None:
    """A document that has changed meanwhile was written by this release."""
    with suppress(Conflict):
        context.store.commit([Update(doc.path, doc.data, doc.version)])
