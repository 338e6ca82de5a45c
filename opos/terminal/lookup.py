"""Looking up documents by their id or the beginning of their id: one mechanism for every command and every kind.

Each kind costs at most one document by its id, and a range of CANDIDATES ids: no lookup reads a collection.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from shared.errors import NotFound, OposError
from shared.ports import Doc, Store
from shared.values.kinds import EVENT, Kind
from shared.values.text import well_formed

CANDIDATES = 5
"""How many documents an ambiguous id lists of each kind."""
_ID = re.compile(r"(?!\.\.?$|__.*__$)[^/\x00]{1,500}")
"""What both stores accept as an id. Source: Firestore documentation, "Quotas and limits", on document ids."""


class Ambiguous(OposError):
    code = "ambiguous"


class Match(NamedTuple):
    """A document that an id names."""

    kind: Kind
    doc: Doc


def matches(store: Store, kind: Kind, wanted: str) -> list[Doc]:
    """The document of *kind* whose id is *wanted*, or else the first CANDIDATES whose ids begin with it."""
    wanted = well_formed(wanted)
    if not _ID.fullmatch(wanted):
        return []
    path = f"{kind.collection}/{wanted}"
    if doc := store.get(path):
        return [doc]
    following = store.query(kind.collection, after=Doc(path, {}, ""), limit=CANDIDATES)
    return list(takewhile(lambda doc: doc.id.startswith(wanted), following))


def find(store: Store, kind: Kind, wanted: str, *, preferred: Callable[[Doc], bool] | None = None) -> Doc:
    """The document of *kind* whose id is, or begins with, *wanted*. Raises NotFound or Ambiguous.

    If several ids begin with *wanted*, but only one of these documents is *preferred*, it is that one.
    """
    return find_among(store, (kind,), wanted, preferred=preferred).doc


def find_among(
    store: Store, kinds: Sequence[Kind], wanted: str, *, preferred: Callable[[Doc], bool] | None = None
) -> Match:
    """The document of one of *kinds* that *wanted* names, as `find` does."""
    named = [Match(kind, doc) for kind in kinds for doc in matches(store, kind, wanted)]
    exact = [match for match in named if match.doc.id == wanted]
    wished = [match for match in named if preferred and preferred(match.doc)] if len(named) < CANDIDATES else []
    chosen = next((choice for choice in (exact, wished) if len(choice) == 1), named)
    return _single(chosen, kinds, wanted)


def find_event(store: Store, wanted: str) -> Doc:
    return find(store, EVENT, wanted)


def _single(named: Sequence[Match], kinds: Sequence[Kind], wanted: str) -> Match:
    if not named:
        raise NotFound(f'No {_nouns(kinds)} matches "{wanted}".', hint=kinds[0].hint)
    if len(named) > 1:
        raise Ambiguous("\n".join(_choice(named, kinds, wanted)), hint="Give more of its id.")
    return named[0]


def _nouns(kinds: Sequence[Kind]) -> str:
    nouns = [kind.noun for kind in kinds]
    return " or ".join(filter(None, (", ".join(nouns[:-1]), nouns[-1])))


def _choice(named: Sequence[Match], kinds: Sequence[Kind], wanted: str) -> Iterator[str]:
    yield f'More than one {_nouns(kinds) if len(kinds) == 1 else "document"} matches "{wanted}":'
    wide = max(len(kind.noun) for kind, _ in named)
    yield from (f"  {kind.noun:<{wide}}  {doc.id}  {kind.title(doc.data)}" for kind, doc in named)
    crowded = [kind.noun for kind in kinds if sum(match.kind == kind for match in named) == CANDIDATES]
    yield from (f"  There may be more of the kind {noun}." for noun in crowded)
