"""Finding a document by its id, or by the beginning of it."""

from shared.errors import NotFound, OposError
from shared.ports import Doc, Store


class Ambiguous(OposError):
    code = "ambiguous"


def find(store: Store, collection: str, wanted: str, *, noun: str, hint: str) -> Doc:
    """The one document of *collection* whose id is *wanted* or begins so. Raises NotFound or Ambiguous."""
    if doc := store.get(f"{collection}/{wanted}"):
        return doc
    following = store.query(collection, after=Doc(f"{collection}/{wanted}", {}, ""), limit=2)
    found = [doc for doc in following if doc.id.startswith(wanted)]
    if not found:
        raise NotFound(f"There is no {noun} {wanted}.", hint=hint)
    if len(found) > 1:
        raise Ambiguous(f"More than one {noun} begins with {wanted}.", hint="Give more of its id.")
    return found[0]


def find_event(store: Store, wanted: str) -> Doc:
    hint = "Its id is in the answer to the webhook and on the console."
    return find(store, "events", wanted, noun="event", hint=hint)
