"""Who still signs with the old secret: what the events of a source say."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from opos.history.event_log import read_log
from shared.ports import Store

LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Of those that came since both secrets are live: how many carry the new one since the last with the old one."""

    new: int = 0
    first_new: datetime | None = None
    last_old: datetime | None = None

    def quiet_since(self) -> datetime | None:
        """Since when no delivery needs the old secret; None while none has shown the new one."""
        return (self.last_old or self.first_new) if self.new else None


def look(store: Store, source: str, *, new: str, old: str, now: datetime) -> Deliveries:
    """What came last, back to the first that a function took which did not have two different secrets."""
    found = Deliveries()
    for doc in reversed(list(read_log(store, since=now - LOOK_BACK, until=now, source=source))):
        signed_with, at = doc.data.get("signed_with"), datetime.fromisoformat(doc.data["received_at"])
        if signed_with == old:
            return Deliveries(found.new, found.first_new, at)
        if not signed_with:
            return found
        if signed_with == new:
            found = Deliveries(found.new + 1, at)
    return found
