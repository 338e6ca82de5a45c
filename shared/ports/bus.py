"""The Bus port: messages between functions."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from shared.ports.store import Write

if TYPE_CHECKING:
    from shared.events import Message


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
