"""Documents by their id or the beginning of it, as pages, messages and the command line print it."""

import re
from collections.abc import Iterable, Sequence

from functions.console.frame import Page
from shared.context import Context
from shared.errors import NotFound
from shared.ports import Doc
from shared.values.text import one_line, well_formed

SHORTEST = 4
"""How many characters of an id name its document, at least."""

_ELSEWHERE = "It may be the id of something else, or of another bundle."
_ID = re.compile(r"[0-9a-f]{1,64}")


def is_id(text: str) -> bool:
    """Whether *text* may be an id or the beginning of one. Other text is not for the database, which reserves some."""
    return _ID.fullmatch(text) is not None


def named(collections: Sequence[str], id: str, noun: str, context: Context) -> Doc:
    """The document whose id is, or begins with, *id*. Raises NotFound if there is none, or more than one."""
    if not is_id(id):
        raise NotFound(f"No {noun} has the id {one_line(well_formed(id), 40)}", hint=_ELSEWHERE)
    if doc := next(filter(None, (context.store.get(f"{name}/{id}") for name in collections)), None):
        return doc
    docs = list(_beginning(collections, id, context)) if len(id) >= SHORTEST else []
    if len(docs) == 1:
        return docs[0]
    if docs:
        raise NotFound(f"More than one {noun} has an id that begins with {id}", hint="Give more of the id.")
    raise NotFound(f"No {noun} has the id {one_line(id, 40)}", hint=_ELSEWHERE)


def absent(error: NotFound, id: str, here: str) -> Page:
    """The page that says that nothing has the id *id*, and offers to search for it."""
    return Page("absent.html", {"words": error.message, "hint": error.hint, "wanted": one_line(id, 40)}, here, 404)


def _beginning(collections: Sequence[str], id: str, context: Context) -> Iterable[Doc]:
    for name in collections:
        following = context.store.query(name, after=Doc(f"{name}/{id}", {}, ""), limit=2)
        yield from (doc for doc in following if doc.id.startswith(id))
