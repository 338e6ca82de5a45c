"""Sends the weekly review: stored as data with its message, once for each time at which it is due."""

from functions.digest_sender.context import ReviewContext
from functions.digest_sender.overview import overviews_of
from shared.errors import AlreadyExists
from shared.events import ReviewDue
from shared.ports import Create, Doc
from shared.review.identity import review_id
from shared.services.digest.ceiling import newest_digest
from shared.services.outbox.delivery import intent, send
from shared.services.outbox.message import MessageDoc
from shared.telemetry.logger import log as _log


def send_review(message: ReviewDue, context: ReviewContext) -> None:
    """The review of the week before `message.at`, unless it was made already or the configuration has none any more."""
    settings = context.config.review
    if settings is None:
        return
    from shared.review.sections import title
    from shared.services.review.week import week_before

    review = week_before(message.at, context)
    unsent = intent(channel=settings.channel, title=title(review), text="", severity="info", now=context.now)
    content: MessageDoc = {**unsent, "review": review, "overviews": overviews_of(newest_digest(context))}
    path = f"digests/{review_id(message.at)}"
    try:
        version = context.store.commit([Create(path, content)])[path]
    except AlreadyExists:
        _log.info("already_made", path=path)
        return
    send(Doc(path, dict(content), version), context)
