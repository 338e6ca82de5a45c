"""The contexts of the console's pages."""

from collections.abc import Mapping
from typing import Protocol

from shared.context import Context
from shared.services.flags.context import FlagContext


class OperatorContext(Context, Protocol):
    @property
    def deployed(self) -> bool:
        """Whether this runs on the platform, and not on the operator's machine."""
        ...

    @property
    def local_push_service(self) -> str:
        """The host and port of a push service on this machine, which only tests have; empty on the platform."""
        ...

    def is_operator(self, headers: Mapping[str, str]) -> bool:
        """Whether *headers* have an identity token of an operator."""
        ...


class ConsoleContext(OperatorContext, FlagContext, Protocol):
    """What the pages need together: the weekly review also reports on flags."""
