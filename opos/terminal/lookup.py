"""Looking up a document by its id or the beginning of its id."""

from collections.abc import Sequence

from shared.errors import NotFound, OposError
from shared.ports import Doc, Store
from shared.values.text import well_formed


class Ambiguous(OposError):
    code = "ambiguous"


def find(store: Store, collection: str, wanted: str, *, noun: str, hint: str) -> Doc:
    """The document of *collection* whose id is, or begins with, *wanted*. Raises NotFound or Ambiguous."""
    wanted = well_formed(wanted)
    if doc := store.get(f"{collection}/{wanted}"):
        return doc
    following = store.query(collection, after=Doc(f"{collection}/{wanted}", {}, ""), limit=2)
    return single([doc for doc in following if doc.id.startswith(wanted)], wanted, noun=noun, hint=hint)


def find_event(store: Store, wanted: str) -> Doc:
    hint = "`opos events`, the answer to the webhook and the console show the id."
    return find(store, "events", wanted, noun="event", hint=hint)


def single(matches: Sequence[Doc], wanted: str, *, noun: str, hint: str) -> Doc:
    """The only document of *matches*, which are those that *wanted* names. Raises NotFound or Ambiguous."""
    if not matches:
        raise NotFound(f'No {noun} matches "{wanted}".', hint=hint)
    if len(matches) > 1:
        raise Ambiguous(f'More than one {noun} matches "{wanted}".', hint="Give more of its id.")
    return matches[0]
