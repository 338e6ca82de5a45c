"""The documents `outbox/{id}` and `digests/{id}`: a message, the data that it is rendered from, and its delivery."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, cast

State = Literal["pending", "sending", "sent", "failed", "parked"]
"""`failed`: the receiver rejects the message permanently. `parked`: not delivered after the last attempt."""


class NoticeDoc(TypedDict):
    """The words of a message. A message that is stored as data has its title only."""

    title: str
    text: str
    severity: str
    link: str


class ReceiptDoc(TypedDict):
    """What the receiver answered when it accepted the message."""

    detail: str
    at: str


class MessageDoc(TypedDict):
    """A message to one channel. Times are ISO 8601 in UTC; `fence` counts the leases.

    `ack` names what a link in the message acknowledges: `{"group": id, "call": when it began}`. `cause` says why the
    message interrupts, and `cost` what the interruption costs. The runtime knows what renders `content` and `review`.
    `tried` names the channels on which opos could not deliver what the message says.
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
    content: NotRequired[Any]
    review: NotRequired[Any]
    members: NotRequired[list[str]]
    closed_by: NotRequired[str]
    overviews: NotRequired[dict[str, str]]
    tried: NotRequired[list[str]]


class MessageChange(TypedDict, total=False):
    """The fields of a message that an attempt to send it changes."""

    state: State
    fence: int
    attempts: int
    due_at: str | None
    receipt: ReceiptDoc | None
    last_fault: str | None
    expires_at: str


def as_message(data: Mapping[str, Any]) -> MessageDoc:
    """*data* of a document in `outbox/` or `digests/`, which is a message because a service of opos wrote it."""
    return cast("MessageDoc", data)
