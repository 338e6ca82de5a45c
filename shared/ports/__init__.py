"""What the outside gives us, as Protocols. Adapters implement them; tests/contract states their whole promise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from shared.events import Message

Data = Mapping[str, Any]


class Doc(NamedTuple):
    """A stored document. `path` is `collection/id`; `version` changes with each write and is opaque."""

    path: str
    data: dict[str, Any]
    version: str

    @property
    def id(self) -> str:
        return self.path.partition("/")[2]


class Create(NamedTuple):
    """Write a document that must not exist."""

    path: str
    data: Data


class Update(NamedTuple):
    """Merge *data* into a document that must be at *if_version*. Keys are dotted field paths (`handled.router`)."""

    path: str
    data: Data
    if_version: str


class Set(NamedTuple):
    """Write a document whole, whether it exists or not."""

    path: str
    data: Data


class Delete(NamedTuple):
    """Remove a document that must be at *if_version*."""

    path: str
    if_version: str


Write = Create | Update | Set | Delete
Operator = Literal["==", "<", "<=", ">", ">="]
Condition = tuple[str, Operator, Any]
"""A dotted field, an operator, a value (text, number or bool). An absent field never matches, nor null."""


class Store(Protocol):
    """Canonical state: documents, with optimistic, atomic batches. Raises Unavailable when it cannot be reached."""

    def get(self, path: str) -> Doc | None: ...

    def query(
        self,
        collection: str,
        *,
        where: Sequence[Condition] = (),
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        after: Doc | None = None,
    ) -> Iterator[Doc]:
        """The matching documents, by *order_by* and then id; *after* continues behind a document of an earlier page.

        Only documents that have the *order_by* field are found. Conditions other than `==` must all be on that field
        (two make a range; Firestore's rule); `shared.ports.indexes` must declare an index for it.
        """
        ...

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int: ...

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        """Apply all *writes* or none; the new version of each path written.

        Raises AlreadyExists or Conflict naming the path at fault (Conflict also where the document is missing).
        """
        ...


class Bus(Protocol):
    """At-least-once topics. `publish` returns when the message is durable; raises Unavailable when it could not be."""

    def publish(self, message: "Message") -> str:
        """Publish on the message's own topic; the message id."""
        ...

    def ping(self) -> None:
        """Raises Unavailable when a publish would."""
        ...


class Joined(Protocol):
    """A bus that keeps its messages where the store keeps its documents."""

    def publish_with(self, write: Write, make: "Callable[[str], Message]") -> None:
        """Commit *write* and publish what *make* makes of its new version, both or neither. Raises as `commit` does."""
        ...


class Identities(Protocol):
    def claims(self, token: str, *, audience: str, now: datetime) -> dict[str, Any]:
        """What *token* says of its holder to *audience* at *now*. Raises as `email` does."""
        ...

    def email(self, token: str, *, audience: str, now: datetime) -> str:
        """The e-mail, in lower case, that *token* proves to *audience* at *now*.

        Raises Unauthorized when it proves nothing, Unavailable when nobody can say.
        """
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


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
