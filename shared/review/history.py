"""What a review is made from: the pages and digests of a week, and their alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class History:
    """From `since` to `until`: the pages and digests that opos made, their alerts, and the number of events.

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
