"""What a service is handed if it evaluates flags, or reports on them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from shared.services.slo.context import MeasuredContext

if TYPE_CHECKING:
    from shared.flags import FlagSet
    from shared.flags.access import Access
    from shared.services.flags.usage import Usage


class FlagContext(MeasuredContext, Protocol):
    @property
    def flags(self) -> "FlagSet":
        """The flags under the overrides in force."""
        ...

    @property
    def access(self) -> "Access":
        """Which pages may evaluate flags, how often a caller may, and whose tokens identify a user."""
        ...

    @property
    def usage(self) -> "Usage":
        """The evaluations that this process has counted."""
        ...

    def wait_for(self, caller: str) -> int:
        """The seconds until *caller* may evaluate flags; 0 is now."""
        ...

    def user(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """The claims of the user whose bearer token *headers* hold; None without a token.

        Raises Unauthorized if the token is not valid, and Unavailable if that cannot be verified now.
        """
        ...
