"""The contexts of the console's pages."""

from collections.abc import Mapping
from typing import Protocol

from shared.context import Context
from shared.services.flags.context import FlagContext
from shared.services.records.context import RecordsContext


class OperatorContext(Context, Protocol):
    @property
    def deployed(self) -> bool:
        """Whether this runs on the platform, and not on the operator's machine."""
        ...

    @property
    def local_push_service(self) -> str:
        """The host and port of a push service on this machine, which only tests have; empty on the platform."""
        ...

    def operator(self, headers: Mapping[str, str]) -> str:
        """The address of the operator whose identity token *headers* have; empty if they have none."""
        ...


class ConsoleContext(OperatorContext, FlagContext, RecordsContext, Protocol):
    """What the pages need together: the weekly review also reports on flags, and an answer may change a record."""
