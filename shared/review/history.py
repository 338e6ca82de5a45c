"""What a review is made of: the pages and digests of a week, and the alerts they told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class History:
    """From `since` to `until`: the pages and digests that were made, the alerts they told of, how many events came.

    `before` are the pages of the week before. `unread` alerts were too many to be looked at.
    """

    since: datetime
    until: datetime
    pages: Sequence[Mapping[str, Any]]
    digests: Sequence[Mapping[str, Any]]
    alerts: Mapping[str, Mapping[str, Any]]
    events: int
    before: int
    unread: int
