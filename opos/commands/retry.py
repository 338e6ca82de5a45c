"""`opos retry` and `opos dismiss`: items that stay on the list of problems until the operator decides."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from opos.terminal.lookup import find_among
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.vocabulary import why_option
from shared.errors import NotFound
from shared.ports import Delete, Doc, Store, Update, Write
from shared.services.intake.dismissal import dismissal
from shared.services.outbox.addressees import receiver_name
from shared.services.outbox.resending import UNDELIVERED, is_undelivered, once_more
from shared.values.kinds import DIGEST, EVENT, FAILED_MESSAGE, MESSAGE
from shared.values.text import counted
from shared.values.timestamps import iso

UNSENT = (MESSAGE, DIGEST)
_HINT = "`opos doctor` and the console list the problems."


@click.command("retry")
@click.argument("id", required=False)
@with_place
@json_option
@reports_errors
def command(id: str | None, place: Place, *, as_json: bool) -> None:
    """Send the undelivered notification or digest ID again; without ID, everything that is undelivered.

    Fix the channel first. The next sweep sends them, each with its idempotency key.
    """
    store, now = place.runtime().store, datetime.now(UTC)
    docs = [_undelivered(store, id)] if id else list(_all_undelivered(store))
    for doc in docs:
        store.commit([once_more(doc, now)])
    receivers = ", ".join(dict.fromkeys(receiver_name(doc.data) for doc in docs))
    again_to = f"The next sweep sends {counted(len(docs), 'message')} again, to {receivers}."
    text = again_to if docs else "Nothing to send again."
    show({"retried": [doc.path for doc in docs]}, text, as_json=as_json)


@click.command("dismiss")
@click.argument("id")
@why_option("which is stored")
@with_place
@json_option
@reports_errors
def dismiss(id: str, why: str, place: Place, *, as_json: bool) -> None:
    """Dismiss an undelivered message, an event in quarantine (the event log keeps it) or a dead letter."""
    store = place.runtime().store
    doc = _listed(store, id)
    store.commit([_dismissed(doc, why, datetime.now(UTC))])
    show({"dismissed": doc.path, "why": why}, f"{doc.path} is dismissed.", as_json=as_json)


def _all_undelivered(store: Store) -> Iterator[Doc]:
    for kind in UNSENT:
        for state in UNDELIVERED:
            yield from store.query(kind.collection, where=[("state", "==", state)])


def _undelivered(store: Store, id: str) -> Doc:
    doc = find_among(store, UNSENT, id, preferred=is_undelivered).doc
    if not is_undelivered(doc):
        raise NotFound(f"{doc.path} is {doc.data['state']}, so there is nothing to send again.", hint=_HINT)
    return doc


def _listed(store: Store, id: str) -> Doc:
    doc = find_among(store, (*UNSENT, FAILED_MESSAGE, EVENT), id, preferred=_is_listed).doc
    if not _is_listed(doc):
        raise NotFound(f"{doc.path} is not on the list of problems.", hint=_HINT)
    return doc


def _is_listed(doc: Doc) -> bool:
    return doc.path.startswith("dead_letters/") or bool(doc.data.get("quarantine")) or is_undelivered(doc)


def _dismissed(doc: Doc, why: str, now: datetime) -> Write:
    if doc.path.startswith("dead_letters/"):
        return Delete(doc.path, doc.version)
    if doc.path.startswith("events/"):
        return dismissal(doc, why, now)
    note = {"why": why, "at": iso(now), "was": doc.data["state"]}
    return Update(doc.path, {"state": "dropped", "dismissed": note}, doc.version)
