"""What the record keeper is handed."""

from typing import TYPE_CHECKING, Protocol

from shared.services.records.context import RecordsContext

if TYPE_CHECKING:
    from shared.services.records.company_watch import CompanyWatch


class KeeperContext(RecordsContext, Protocol):
    @property
    def company_watch(self) -> "CompanyWatch":
        """Remembers for this process whether the store says that `company/` is broken."""
        ...
