"""What a service is handed: the time and the trace of one invocation, and the ports of its process.

A service that needs more declares a Protocol of its own, which extends this one, in the `context.py` next to it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.config.model import Config
    from shared.ports import Bus, Channel, Joined, Store
    from shared.security.signed_links import Links


class Context(Protocol):
    """Each port is made at its first use, so a handler pays only for what it uses."""

    @property
    def now(self) -> datetime:
        """The time of this invocation, which stays the same while it runs."""
        ...

    @property
    def trace(self) -> str:
        """The W3C trace id of this invocation, 32 hex digits."""
        ...

    @property
    def elapsed_seconds(self) -> float:
        """The time since this invocation began."""
        ...

    @property
    def store(self) -> "Store": ...

    @property
    def bus(self) -> "Bus": ...

    @property
    def joined(self) -> "Joined | None":
        """The bus, if it commits together with the store; else None."""
        ...

    @property
    def config(self) -> "Config": ...

    @property
    def links(self) -> "Links": ...

    def new_id(self) -> str:
        """A new random id of 32 hex digits."""
        ...

    def secret(self, name: str) -> str:
        """The value of a secret that opos.yaml names. Raises Unavailable if it is not set."""
        ...

    def channel(self, name: str) -> "Channel": ...

    def addressees(self, name: str) -> "Mapping[str, Channel]":
        """The addressees of the channel *name*, in order: a channel to each, by an id that has no secret in it."""
        ...
