"""The documents `outbox/{id}` and `digests/{id}`: a message, the data that it is rendered from, and its delivery."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, cast

from shared.events import document_id
from shared.ports import Doc

State = Literal["pending", "sending", "sent", "failed", "parked"]
"""`failed`: the receiver rejects the message permanently. `parked`: not delivered after the last attempt."""


class NoticeDoc(TypedDict):
    """The words of a message. A message that is stored as data has its title only.

    `resolves` is the key of the notification that a resolved notice is about.
    """

    title: str
    text: str
    severity: str
    link: str
    resolves: NotRequired[str]


class ReceiptDoc(TypedDict):
    """What the receiver answered when it accepted the message."""

    detail: str
    at: str


class AddresseeDoc(TypedDict):
    """One of the several addressees of a channel: its position, from 0, among the ids that the channel had then."""

    position: int
    ids: list[str]


class MessageDoc(TypedDict):
    """A message to one channel. Times are ISO 8601 in UTC; `fence` counts the leases.

    `ack` names what a link in the message acknowledges: `{"group": id, "call": when it began, "page": id of this
    message}`. `cause` says why the message interrupts, and `cost` what the interruption costs. `turn` numbers the
    commits that made pages: the first message of each has it. `substitute` is the path of the message in its place, on
    another channel. The runtime knows what renders `content` and `review`.
    """

    channel: str
    notice: NoticeDoc
    ack: dict[str, Any] | None
    cause: dict[str, Any] | None
    cost: float
    state: State
    fence: int
    attempts: int
    created_at: str
    due_at: str | None
    receipt: ReceiptDoc | None
    last_fault: str | None
    expires_at: NotRequired[str]
    turn: NotRequired[int]
    addressee: NotRequired[AddresseeDoc]
    content: NotRequired[Any]
    review: NotRequired[Any]
    members: NotRequired[list[str]]
    closed_by: NotRequired[str]
    overviews: NotRequired[dict[str, str]]
    tried: NotRequired[list[str]]
    instead_of: NotRequired[str]
    substitute: NotRequired[str]


class ResolvesDoc(TypedDict):
    """What a resolved notice is about: a group, a channel of it, the call on it, and the path of the page to follow."""

    group: str
    channel: str
    call: str | None
    page: str


class QuietMessage(TypedDict):
    """A message that nothing counts as an interruption or a digest: it has `made_at` instead of `created_at`.

    It is a copy for another addressee, rendered from the message at `copy_of`, or the notice that a page `resolves`, or
    in the place of the message at `instead_of`, which could not be delivered on the channels `tried`.
    """

    copy_of: NotRequired[str]
    resolves: NotRequired[ResolvesDoc]
    addressee: NotRequired[AddresseeDoc]
    tried: NotRequired[list[str]]
    instead_of: NotRequired[str]
    substitute: NotRequired[str]
    made_at: str
    channel: str
    notice: NoticeDoc
    ack: dict[str, Any] | None
    cause: None
    cost: float
    state: State
    fence: int
    attempts: int
    due_at: str | None
    receipt: ReceiptDoc | None
    last_fault: str | None


class MessageChange(TypedDict, total=False):
    """The fields of a message that an attempt to send it changes."""

    state: State
    fence: int
    attempts: int
    due_at: str | None
    receipt: ReceiptDoc | None
    last_fault: str | None
    expires_at: str
    substitute: str


def made_at(message: Mapping[str, Any]) -> str:
    """When *message* was made, or the one in whose place it is. One that counts as an interruption has `created_at`."""
    return str(message.get("created_at") or message["made_at"])


def key_of(doc: Doc) -> str:
    """The key under which the message of *doc* is sent: each attempt has the same one, and no other message.

    Ids may come again in another bundle, or after a restore: a receiver could then take a page for an earlier one.
    """
    return document_id("key", doc.id, made_at(doc.data))


def as_message(data: Mapping[str, Any]) -> MessageDoc:
    """*data* of a document in `outbox/` or `digests/`, which is a message because a service of opos wrote it."""
    return cast("MessageDoc", data)
