"""Documents by their id or the beginning of it, as pages, messages and the command line print it."""

from collections.abc import Iterable, Sequence

from shared.context import Context
from shared.errors import NotFound
from shared.ports import Doc
from shared.values.text import one_line, well_formed

SHORTEST = 4
"""How many characters of an id name its document, at least."""


def named(collections: Sequence[str], id: str, noun: str, context: Context) -> Doc:
    """The document whose id is, or begins with, *id*. Raises NotFound if there is none, or more than one."""
    id = well_formed(id).replace("/", "")
    if id and (doc := next(filter(None, (context.store.get(f"{name}/{id}") for name in collections)), None)):
        return doc
    docs = list(_beginning(collections, id, context)) if len(id) >= SHORTEST else []
    if len(docs) == 1:
        return docs[0]
    if docs:
        raise NotFound(f"More than one {noun} has an id that begins with {id}", hint="Give more of the id.")
    raise NotFound(
        f"No {noun} has the id {one_line(id, 40)}", hint="Search finds it by other words: `/console/search`."
    )


def _beginning(collections: Sequence[str], id: str, context: Context) -> Iterable[Doc]:
    for name in collections:
        following = context.store.query(name, after=Doc(f"{name}/{id}", {}, ""), limit=2)
        yield from (doc for doc in following if doc.id.startswith(id))
