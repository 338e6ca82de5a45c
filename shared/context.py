"""What a handler is handed: one moment, one trace, and the ports, each connected only when it is first used."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from shared.config.model import Config
    from shared.digest.queue_estimate import Tally
    from shared.flags import FlagSet
    from shared.flags.access import Access
    from shared.ports import Bus, Channel, Joined, Store
    from shared.security.signed_links import Links
    from shared.services.flags.usage import Usage
    from shared.services.slo.indicators import Indicators


class Context(Protocol):
    @property
    def now(self) -> datetime:
        """The one moment of this invocation."""
        ...

    @property
    def trace(self) -> str:
        """The W3C trace id, 32 hex digits, that this invocation belongs to."""
        ...

    @property
    def store(self) -> "Store": ...

    @property
    def bus(self) -> "Bus": ...

    @property
    def joined(self) -> "Joined | None":
        """The bus, where it shares its commits with the store; None where they are apart."""
        ...

    @property
    def config(self) -> "Config": ...

    @property
    def flags(self) -> "FlagSet": ...

    @property
    def overridden(self) -> Mapping[str, str]:
        """The variant of each flag that somebody has overridden, as far as is known: a few seconds late."""
        ...

    @property
    def access(self) -> "Access":
        """Who may evaluate flags, how often, and whose tokens identify a user."""
        ...

    @property
    def usage(self) -> "Usage": ...

    @property
    def indicators(self) -> "Indicators": ...

    @property
    def elapsed_seconds(self) -> float:
        """Since this invocation began."""
        ...

    def wait_for(self, caller: str) -> int:
        """In how many seconds *caller* may ask for flags; 0 is now."""
        ...

    @property
    def tally(self) -> "Tally": ...

    @property
    def links(self) -> "Links": ...

    @property
    def uptime_seconds(self) -> float: ...

    @property
    def deployed(self) -> bool:
        """Whether this runs on the platform, and not on the operator's machine."""
        ...

    @property
    def release(self) -> str:
        """What was deployed: the commit, or the platform's name of the revision; empty where nobody says."""
        ...

    def is_operator(self, headers: Mapping[str, str]) -> bool:
        """Whether a request with *headers* proves, by an identity token, that the operator is calling."""
        ...

    def user(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """The claims of the user who proves, by a bearer token, to be asking; None for an anonymous one.

        Raises Unauthorized for a token that proves nothing, Unavailable where nobody can say.
        """
        ...

    def new_id(self) -> str:
        """A fresh random id of 32 hex digits."""
        ...

    def secret(self, name: str) -> str:
        """The value of a secret named in opos.yaml. Raises Unavailable when it is not set."""
        ...

    def channel(self, name: str) -> "Channel": ...

    def fetch_keys(self, issuer: str) -> None:
        """Fetch the keys of an issuer of `flags.identity` anew. Raises Unavailable where that cannot be done."""
        ...

    def certificate_ends(self, host: str) -> datetime:
        """When the certificate of *host* (with its port, if it is not 443) ends. Raises Unavailable."""
        ...

    def clock_offset(self, url: str) -> timedelta:
        """By how much our clock is ahead of the server's at *url*. Raises Unavailable."""
        ...

    def free_mb(self) -> float | None:
        """What is left of the disk that holds the store, in MiB; None where the store has no disk of ours."""
        ...

    def call(self, secret: str) -> None:
        """Call the address that *secret* holds; that nobody answers there is logged, and nothing else."""
        ...
