"""What a review is made from: the pages and digests of a week, and their alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class History:
    """From `since` to `until`: the pages and digests that opos made, their alerts, and the number of events.

    The `events` are those of all UTC days that the week touches, today included: the event log is indexed by day.
    `before` counts the pages of the week before. `unread` counts the alerts beyond the limit, which were not read.
    """

    since: datetime
    until: datetime
    pages: Sequence[Mapping[str, Any]]
    digests: Sequence[Mapping[str, Any]]
    alerts: Mapping[str, Mapping[str, Any]]
    events: int
    before: int
    unread: int

    @property
    def days(self) -> float:
        """The length of the time that `events` covers."""
        began = self.since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return (self.until - began) / timedelta(days=1)
