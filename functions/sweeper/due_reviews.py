"""The weekly review, when it is due."""

from datetime import timedelta

from shared.context import Context
from shared.events import ReviewDue
from shared.review.identity import review_id
from shared.values.cron import last_moment

LATE = timedelta(days=1)
"""How late a review may be made; after that it is skipped."""


def announce_review(context: Context) -> None:
    settings = context.config.review
    if settings is None:
        return
    at = last_moment(settings.cron, context.now, zone=settings.timezone or context.config.timezone)
    if context.now < at + LATE and context.store.get(f"digests/{review_id(at)}") is None:
        context.bus.publish(ReviewDue(at=at))
