"""The context of the services that keep records."""

from collections.abc import Mapping
from typing import Protocol

from shared.context import Context
from shared.records.kind import Kind


class RecordsContext(Context, Protocol):
    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds that `company/` declares, by name. Raises CompanyFault, which names the file and the line."""
        ...
