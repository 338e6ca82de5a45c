"""The Bus port: messages between functions."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from shared.ports.store import Write

if TYPE_CHECKING:
    from shared.events import Message


class Bus(Protocol):
    """Topics with at-least-once delivery."""

    def publish(self, message: "Message", *, later: bool = False) -> str:
        """Publish on the message's own topic. Returns the message id once the message is durable; else Unavailable.

        With *later*, a bus that delivers urgent messages first does not count this one among them.
        """
        ...

    def ping(self) -> None:
        """Raises Unavailable if a publish would."""
        ...


class Joined(Protocol):
    """A bus that stores its messages in the same database as the store."""

    def publish_with(self, write: Write, make: "Callable[[str], Message]", *more: Write) -> None:
        """Commit *write* and *more*, and publish the message that *make* returns for their new version: all or nothing.

        Raises the same errors as `commit`.
        """
        ...

    def publish_all(self, messages: Sequence["Message"], writes: Sequence[Write]) -> None:
        """Commit *writes* and publish *messages*: all or nothing. Raises the same errors as `commit`."""
        ...
