"""Sends the weekly review: kept as data with its message, once for each moment at which it is due."""

from functions.digest_sender.context import ReviewContext
from functions.digest_sender.overview import last_overviews
from shared.errors import AlreadyExists
from shared.events import ReviewDue
from shared.ports import Create, Doc
from shared.review.identity import review_id
from shared.services.outbox.delivery import intent, send
from shared.telemetry.logger import log as _log


def send_review(message: ReviewDue, context: ReviewContext) -> None:
    """The review of the week before `message.at`, unless it was made already or is not wanted any more."""
    wanted = context.config.review
    if wanted is None:
        return
    from shared.review.sections import title
    from shared.services.review.week import week_before

    found = week_before(message.at, context)
    made = intent(channel=wanted.channel, title=title(found), text="", severity="info", now=context.now)
    path, content = f"digests/{review_id(message.at)}", {**made, "review": found, "overviews": last_overviews(context)}
    try:
        version = context.store.commit([Create(path, content)])[path]
    except AlreadyExists:
        _log.info("already_made", path=path)
        return
    send(Doc(path, content, version), context)
