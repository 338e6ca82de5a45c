"""The context of the services that check the health of the bundle and of what it depends on."""

from datetime import datetime, timedelta
from typing import Protocol

from shared.context import Context


class HealthContext(Context, Protocol):
    @property
    def uptime_seconds(self) -> float: ...

    @property
    def release(self) -> str:
        """The commit that was deployed, or the platform's name of the revision; empty if neither is set."""
        ...

    def flags_fault(self) -> str | None:
        """Why the flags file cannot be read; None if it can."""
        ...

    def free_mb(self) -> float | None:
        """The free space of the disk that holds the store, in MiB; None if the store is not on a local disk."""
        ...

    @property
    def has_data_file(self) -> bool:
        """Whether the store is a file on this machine."""
        ...

    @property
    def is_damaged(self) -> bool:
        """Whether this process could not read a part of the data file; never with a store that is no file."""
        ...

    def exposed_files(self) -> list[str]:
        """The names of the files of the store that other users can read."""
        ...

    def certificate_ends(self, host: str) -> datetime:
        """When the certificate of *host* expires (with its port, if it is not 443). Raises Unavailable."""
        ...

    def clock_offset(self, url: str) -> timedelta:
        """How far our clock is ahead of the server's at *url*. Raises Unavailable."""
        ...

    def fetch_keys(self, issuer: str) -> None:
        """Fetch the keys of an issuer of `flags.identity` again. Raises Unavailable."""
        ...

    def call(self, secret: str) -> None:
        """Call the address that *secret* holds. A call that fails is logged and raises nothing."""
        ...
