"""What the store says of `company/`: that it is broken, and where, until a process can load it again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.events import iso
from shared.ports import Delete, Store, create_or_update
from shared.records.company_fault import CompanyFault

COMPANY_FAULT = "company_faults/last"
AGAIN = timedelta(minutes=10)
"""How often a process that can load `company/` looks whether an older one has stored since that it cannot."""


class CompanyWatch:
    """The memory of a process, so that each event that waits costs no write and each other one no read."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._said = ""
        self._looked_at: datetime | None = None

    def broken(self, fault: CompanyFault, now: datetime) -> None:
        """Store *fault*, unless this process has stored it already."""
        if str(fault) == self._said:
            return
        known = self._store().get(COMPANY_FAULT)
        content = {"file": fault.file, "line": fault.line, "fault": fault.message, "at": iso(now)}
        self._store().commit([create_or_update(COMPANY_FAULT, content, known)])
        self._said, self._looked_at = str(fault), None

    def works(self, now: datetime) -> None:
        """Delete the fault that is stored, if there is one."""
        if self._looked_at is not None and abs(now - self._looked_at) < AGAIN:
            return
        if known := self._store().get(COMPANY_FAULT):
            self._store().commit([Delete(known.path, known.version)])
        self._said, self._looked_at = "", now
