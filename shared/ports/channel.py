"""The Channel port: where messages to people go."""

from datetime import datetime
from typing import Literal, NamedTuple, Protocol

Markup = Literal["plain", "markdown", "slack", "html"]


class Form(NamedTuple):
    """What a channel takes: text in `markup`, of at most `limit` characters."""

    markup: Markup = "plain"
    limit: int = 1_000_000


class Mailing(NamedTuple):
    """What a mail needs that is one of a series: the same text as `html`, when it was made, the name of its thread and
    of its list, and the address that stops it with one click.
    """

    html: str
    at: datetime
    thread: str
    list: str
    unsubscribe: str = ""


class Notice(NamedTuple):
    """What a channel shows a person: the same notice is always the same message."""

    title: str
    text: str
    link: str = ""
    ack_url: str = ""
    severity: str = "info"
    markup: Markup = "plain"
    mailing: Mailing | None = None


class Receipt(NamedTuple):
    """What the receiver answered, safe to keep."""

    detail: str
    at: datetime


class Channel(Protocol):
    @property
    def form(self) -> Form:
        """In what form a long text, such as a digest, has to come."""
        ...

    def send(self, notice: Notice, key: str) -> Receipt:
        """Hand *notice* to the receiver under the idempotency *key*. Raises DeliveryError."""
        ...

    def reach(self) -> bool:
        """Whether the receiver can be asked without sending anything; raises DeliveryError, as `send` does, where it
        cannot be reached.
        """
        ...
