"""The name of a review, apart from what makes one: who only asks whether there is one need not load that."""

from datetime import datetime

from shared.events import document_id, iso


def review_id(at: datetime) -> str:
    """The id of the review that is due *at* a moment: there is one."""
    return document_id("review", iso(at))
