"""Notes that a person adds to an alert: plain text, with who wrote it, when and from where."""

from shared.alerting.alert import as_alert
from shared.alerting.changes import LONGEST_NOTE, Person, change
from shared.context import Context
from shared.errors import Conflict, NotFound
from shared.ports import Doc, Update
from shared.services.alerting.stories import MOST
from shared.values.text import readable_lines


def add_note(
    id: str, text: str, context: Context, *, via: str, person: Person, episode: int | None = None
) -> Doc:  # fmt: skip
    """The alert *id* after a note of its last episode. Raises ValueError, NotFound, or Conflict to be tried again, also
    if its last episode is another than *episode*, where that is given.
    """
    words = readable_lines(text).strip()
    doc = context.store.get(f"alerts/{id}")
    if doc is None:
        raise NotFound(f"There is no alert {id}.", hint="`opos alerts list` shows the ids.")
    if episode is not None and doc.data["episode"] != episode:
        raise Conflict(doc.path)
    if not words:
        raise ValueError("expected the text of a note, found nothing to read")
    if len(words) > LONGEST_NOTE:
        raise ValueError(f"expected a note of at most {LONGEST_NOTE:,} characters, found {len(words):,}")
    if doc.data["changes"] >= MOST:
        raise ValueError(
            f"expected fewer than {MOST} changes of one episode: write the rest where you keep post-mortems"
        )
    alert, created = change(as_alert(doc.data), "note", context.now, via=via, person=person, text=words)
    versions = context.store.commit([Update(doc.path, {"changes": alert["changes"]}, doc.version), created])
    return Doc(doc.path, dict(alert), versions[doc.path])
