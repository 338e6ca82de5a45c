"""`opos retry` and `opos dismiss`: what stays on the list of what is wrong until somebody decides."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from opos.terminal.lookup import find
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from shared.errors import NotFound
from shared.ports import Delete, Doc, Store, Update, Write
from shared.values.timestamps import iso

UNSENT = ("outbox", "digests")
_HINT = "`opos doctor` says what is wrong, `opos console` shows it."


@click.command("retry")
@click.argument("id", required=False)
@with_place
@json_option
@reports_errors
def command(id: str | None, place: Place, *, as_json: bool) -> None:
    """Send again what a channel has refused, or was given up: the page or digest ID, or all of them.

    The next sweep sends it, under the same key as before. Mend the channel first.
    """
    store, now = place.runtime().store, iso(datetime.now(UTC))
    docs = [_unsent(store, id)] if id else list(_refused(store))
    for doc in docs:
        again = {"state": "pending", "attempts": 0, "due_at": now}
        store.commit([Update(doc.path, again, doc.version)])
    show({"retried": [doc.path for doc in docs]}, f"{len(docs)} to be sent by the next sweep.", as_json=as_json)


@click.command("dismiss")
@click.argument("id")
@click.option("--why", required=True, help="It is written down.")
@with_place
@json_option
@reports_errors
def dismiss(id: str, why: str, place: Place, *, as_json: bool) -> None:
    """Let go of a page or digest that was refused, a webhook in quarantine (it stays in the log), or a dead letter."""
    store = place.runtime().store
    doc = _listed(store, id)
    store.commit([_dismissed(doc, {"why": why, "at": iso(datetime.now(UTC))})])
    show({"dismissed": doc.path, "why": why}, f"{doc.path} is off the list.", as_json=as_json)


def _refused(store: Store) -> Iterator[Doc]:
    for collection in UNSENT:
        for state in ("failed", "parked"):
            yield from store.query(collection, where=[("state", "==", state)])


def _unsent(store: Store, id: str) -> Doc:
    doc = _any(store, UNSENT, id)
    if doc.data["state"] not in {"failed", "parked"}:
        raise NotFound(f"{doc.path} is {doc.data['state']}: nothing is to be sent again.", hint=_HINT)
    return doc


def _listed(store: Store, id: str) -> Doc:
    doc = _any(store, (*UNSENT, "dead_letters", "events"), id)
    listed = doc.data.get("quarantine") or doc.data.get("state") in {"failed", "parked"}
    if not (doc.path.startswith("dead_letters/") or listed):
        raise NotFound(f"{doc.path} is not on the list of what is wrong.", hint=_HINT)
    return doc


def _dismissed(doc: Doc, said: dict[str, str]) -> Write:
    if doc.path.startswith("dead_letters/"):
        return Delete(doc.path, doc.version)
    if doc.path.startswith("events/"):
        return Update(doc.path, {"quarantine": "", "dismissed": {**said, "was": doc.data["quarantine"]}}, doc.version)
    return Update(doc.path, {"state": "dropped", "dismissed": {**said, "was": doc.data["state"]}}, doc.version)


def _any(store: Store, collections: tuple[str, ...], id: str) -> Doc:
    for collection in collections:
        try:
            return find(store, collection, id, noun="document", hint=_HINT)
        except NotFound:
            continue
    raise NotFound(f"There is no {', '.join(collections)} {id}.", hint=_HINT)
