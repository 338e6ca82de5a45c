"""The weekly review, when it is due."""

from datetime import timedelta

from shared.context import Context
from shared.events import ReviewDue
from shared.review.identity import review_id
from shared.values.cron import last_moment

LATE = timedelta(days=1)
"""So long a review is made up for that could not be made in time."""


def announce_review(context: Context) -> None:
    wanted = context.config.review
    if wanted is None:
        return
    at = last_moment(wanted.cron, context.now, zone=wanted.timezone or context.config.timezone)
    if context.now < at + LATE and context.store.get(f"digests/{review_id(at)}") is None:
        context.bus.publish(ReviewDue(at=at))
