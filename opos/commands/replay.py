"""`opos replay`."""

import click

from opos.finding import find_event
from opos.local import Place, json_option, with_place
from opos.output import reports_errors, show
from shared.acceptance import announcement
from shared.events import Event
from shared.ports import Delete, Doc, Store, Update
from shared.reading import read_again
from shared.runtime import new_id


@click.command("replay")
@click.argument("event")
@with_place
@json_option
@reports_errors
def command(event: str, place: Place, *, as_json: bool) -> None:
    """Handle EVENT again, read under the configuration of now. A running bundle picks it up at once."""
    runtime = place.runtime()
    doc = find_event(runtime.store, event)
    stored, signals = read_again(doc, runtime.config)
    version = _prepare(runtime.store, doc, stored)
    nonce = new_id()[:8]
    runtime.bus.publish(announcement(stored, signals, version=version, nonce=nonce))
    text = f"Published {stored.id} again as replay {nonce}; `opos trace {stored.id[:8]}` shows what comes of it."
    show({"event": stored.id, "replay": nonce, "signals": len(signals)}, text, as_json=as_json)


def _prepare(store: Store, doc: Doc, stored: Event) -> str:
    """Bring the event up to what it means now, and put away the dead letters that the replay makes up for."""
    letters = list(store.query("dead_letters", where=[("event", "==", doc.id)]))
    now_means = Update(doc.path, {"quarantine": stored.quarantine, "type": stored.type}, doc.version)
    return store.commit([now_means, *(Delete(letter.path, letter.version) for letter in letters)])[doc.path]
