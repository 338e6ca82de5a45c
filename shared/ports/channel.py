"""The Channel port: where messages to people go."""

from datetime import datetime
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from shared.values.excerpt import SIZES, Unit
from shared.values.links import web_link
from shared.values.text import headline

Markup = Literal["plain", "markdown", "slack", "simple-html", "html"]
"""`simple-html` is the text of a messenger, with the tags `b` and `a`; `html` is the page of a mail."""


class Form(NamedTuple):
    """The texts that a channel accepts: in `markup`, of at most `limit`, counted in `unit`."""

    markup: Markup = "plain"
    limit: int = 1_000_000
    unit: Unit = "characters"

    def size(self, text: str) -> int:
        return SIZES[self.unit](text)

    def fits(self, text: str) -> bool:
        return self.size(text) <= self.limit

    def beside(self, link: str) -> "Form":
        """The form of a text to which the channel adds a line with *link*."""
        return self._replace(limit=max(0, self.limit - self.size(f"\n{link}")))


class Mailing(NamedTuple):
    """The additional parts of an e-mail in a series: its text as `html`, the time it was made, the names of
    its thread and its list, and the address that unsubscribes with one click.
    """

    html: str
    at: datetime
    thread: str
    list: str
    unsubscribe: str = ""


class Notice(NamedTuple):
    """The content of a message to a person; equal notices make equal messages."""

    title: str
    text: str
    link: str = ""
    ack_url: str = ""
    severity: str = "info"
    markup: Markup = "plain"
    mailing: Mailing | None = None
    resolves: str = ""
    """The key of the notification whose alerts have resolved. Such a message is quiet, and it replaces that
    notification or follows it where the channel can do so.
    """
    group: str = ""
    """The id of the group of alerts that it is about, where it is about one. A channel that can do so shows only the
    latest message about a group.
    """


def plain_notice(notice: Notice, fault: Exception) -> Notice:
    """What replaces *notice* if *fault* kept it from being rendered or built: its title, its links and the reason."""
    text = f"opos could not show the rest of this message: {type(fault).__name__}."
    severity = notice.severity if notice.severity in {"info", "warning"} else "critical"
    link, ack_url = web_link(notice.link), web_link(notice.ack_url)
    return Notice(headline(notice.title), text, link, ack_url, severity, resolves=notice.resolves, group=notice.group)


class Receipt(NamedTuple):
    """The receiver's answer. `detail` is safe to store; `answer`, the beginning of its own words, is only shown."""

    detail: str
    at: datetime
    answer: str = ""


class Channel(Protocol):
    @property
    def form(self) -> Form:
        """The form in which this channel accepts a long text, such as a digest."""
        ...

    def send(self, notice: Notice, key: str) -> Receipt:
        """Send *notice* to the receiver with the idempotency *key*. Raises DeliveryError."""
        ...

    def reach(self) -> bool:
        """Whether the receiver can be checked without sending anything.

        Raises DeliveryError, as `send` does, if it can be checked but not reached.
        """
        ...


@runtime_checkable
class Subscribed(Protocol):
    """A channel whose addressees subscribe and unsubscribe on their own."""

    def departed(self) -> Channel:
        """What gets the messages of an addressee that has left."""
        ...
