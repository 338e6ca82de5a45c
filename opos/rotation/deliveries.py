"""Which secret the deliveries of a source were signed with, from its stored events."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from opos.history.event_log import read_log
from shared.ports import Store

LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Deliveries since both secrets are valid; `new` counts those after the last one with the old secret."""

    new: int = 0
    first_new: datetime | None = None
    last_old: datetime | None = None

    def quiet_since(self) -> datetime | None:
        """Since when no delivery needs the old secret; None until a delivery uses the new one."""
        return (self.last_old or self.first_new) if self.new else None


def look(store: Store, source: str, *, new: str, old: str, now: datetime) -> Deliveries:
    """The latest deliveries, back to the time when the intake had two different secrets."""
    deliveries = Deliveries()
    for doc in reversed(list(read_log(store, since=now - LOOK_BACK, until=now, source=source))):
        signed_with, at = doc.data.get("signed_with"), datetime.fromisoformat(doc.data["received_at"])
        if signed_with == old:
            return Deliveries(deliveries.new, deliveries.first_new, at)
        if not signed_with:
            return deliveries
        if signed_with == new:
            deliveries = Deliveries(deliveries.new + 1, at)
    return deliveries
