"""The addressees of a message. A channel may have several, and each gets a message of its own.

A message is created for its channel, because only the functions that send know the channel's addresses. Before its
first attempt it becomes the message of the first addressee, and the same commit creates a copy for each of the others.
From then on each has its own lease, attempts, receipt and failure. An address that joins the channel later gets none
of the messages that were sent before.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.context import Context
from shared.errors import AlreadyExists, Conflict, DeliveryError
from shared.events import document_id
from shared.ports import Channel, Create, Doc, Store, Subscribed, Update, Write
from shared.services.outbox.message import AddresseeDoc, QuietMessage, as_message, made_at
from shared.telemetry.logger import log as _log


def addressed(doc: Doc, context: Context) -> list[Doc]:
    """The message *doc* and its copies, which are created now if the channel has several addressees.

    Empty if another worker was faster.
    """
    ids = _ids(doc, context)
    if len(ids) <= 1:
        return [doc]
    addressees: list[AddresseeDoc] = [{"position": position, "ids": ids} for position in range(len(ids))]
    copies: list[Write] = [
        Create(path, _copy(doc, addressee))
        for path, addressee in zip(_paths(doc.path, ids), addressees[1:], strict=True)
    ]
    own = {"addressee": addressees[0]}
    try:
        versions = context.store.commit([Update(doc.path, own, if_version=doc.version), *copies])
    except (Conflict, AlreadyExists):
        _log.warning("lease_lost", path=doc.path, outcome="copied")
        return []
    others = [Doc(copy.path, dict(copy.data), versions[copy.path]) for copy in copies if isinstance(copy, Create)]
    return [Doc(doc.path, {**doc.data, **own}, versions[doc.path]), *others]


def deliveries(doc: Doc, store: Store) -> list[Doc]:
    """The message *doc*, its copies for other addressees, and what was sent in the place of any of them."""
    messages: dict[str, Doc] = {doc.path: doc}
    ahead = _followers(doc)
    while ahead:
        path = ahead.pop(0)
        if path not in messages and (message := store.get(path)):
            messages[path] = message
            ahead += _followers(message)
    return list(messages.values())


def _followers(doc: Doc) -> list[str]:
    """The paths of the copies of *doc*, and of the message in its place."""
    message = as_message(doc.data)
    addressee, substitute = message.get("addressee"), message.get("substitute")
    copies = _paths(doc.path, addressee["ids"]) if addressee and "copy_of" not in doc.data else []
    return [*copies, *([substitute] if substitute else [])]


def whole(doc: Doc, context: Context) -> Doc:
    """The message that *doc* is, or that it is a copy of, with the addressee of *doc*."""
    path = doc.data.get("copy_of")
    message = context.store.get(path) if path else None
    return Doc(message.path, {**message.data, "addressee": doc.data["addressee"]}, "") if message else doc


def receiver(message: Mapping[str, Any], context: Context) -> Channel:
    """The channel, to the one addressee of *message* if it has several.

    Raises DeliveryError if the addressee has left, unless the channel expects its addressees to do so.
    """
    addressee = message.get("addressee")
    if addressee is None:
        return context.channel(message["channel"])
    present = context.addressees(message["channel"])
    id = _present_id(addressee, list(present))
    return _departed(message["channel"], context) if id is None else present[id]


def _departed(name: str, context: Context) -> Channel:
    """What gets the messages of an addressee that has left the channel *name*. Raises DeliveryError if none does."""
    channel = context.channel(name)
    if isinstance(channel, Subscribed):
        return channel.departed()
    raise DeliveryError("misconfigured", permanent=True, detail="the channel no longer has this addressee")


def receiver_name(message: Mapping[str, Any]) -> str:
    """The channel of *message*, and which of its addressees it is for. Addresses are personal, so it has a number."""
    addressee, channel = message.get("addressee"), str(message.get("channel") or "")
    return f"{channel} (addressee {addressee['position'] + 1} of {len(addressee['ids'])})" if addressee else channel


def _ids(doc: Doc, context: Context) -> list[str]:
    """The addressees that *doc* still has to be copied for; none if it has been, or if its channel cannot be read."""
    if "addressee" in doc.data:
        return []
    try:
        return list(context.addressees(doc.data["channel"]))
    except Exception:  # noqa: BLE001  (the attempt meets the same fault, and records it)
        return []


def _paths(path: str, ids: Sequence[str]) -> list[str]:
    """The paths of the copies of the message at *path*: the same for the same addressees."""
    collection, _, own = path.partition("/")
    return [f"{collection}/{document_id('copy', own, id)}" for id in ids[1:]]


def _copy(doc: Doc, addressee: AddresseeDoc) -> QuietMessage:
    """A copy of *doc* for *addressee*. It waits as the message does, or is under the same worker's lease."""
    message = as_message(doc.data)
    title, severity = message["notice"]["title"], message["notice"]["severity"]
    resolves: QuietMessage = {"resolves": doc.data["resolves"]} if "resolves" in doc.data else {}  # type: ignore[typeddict-item]
    return {
        "copy_of": doc.path, "addressee": addressee, "made_at": made_at(message), "ack": None, "cause": None,
        "notice": {"title": title, "text": "", "severity": severity, "link": ""}, "cost": 0.0, "receipt": None,
        "last_fault": None, "channel": message["channel"], "state": message["state"], "fence": message["fence"],
        "attempts": message["attempts"], "due_at": message["due_at"], **resolves,
    }  # fmt: skip


def _present_id(addressee: AddresseeDoc, present: Sequence[str]) -> str | None:
    """The id that *addressee* has among those *present*: its own, or a new one in its place, for a mended address."""
    position, known = addressee["position"], addressee["ids"]
    if known[position] in present:
        return known[position]
    replacement = present[position] if position < len(present) else None
    return None if replacement in known else replacement
