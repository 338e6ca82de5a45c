"""Finding an event by its id, or by the beginning of it."""

from shared.errors import NotFound, OposError
from shared.ports import Doc, Store


class Ambiguous(OposError):
    code = "ambiguous"


def find_event(store: Store, wanted: str) -> Doc:
    """The one event whose id is *wanted* or begins so. Raises NotFound or Ambiguous."""
    if doc := store.get(f"events/{wanted}"):
        return doc
    following = store.query("events", after=Doc(f"events/{wanted}", {}, ""), limit=2)
    found = [doc for doc in following if doc.id.startswith(wanted)]
    if not found:
        raise NotFound(
            f"There is no event {wanted}.", hint="Its id is in the answer to the webhook and on the console."
        )
    if len(found) > 1:
        raise Ambiguous(f"More than one event begins with {wanted}.", hint="Give more of its id.")
    return found[0]
