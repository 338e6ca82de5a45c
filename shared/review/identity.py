"""The id of a review. Asking whether a review exists needs only this module, not the ones that make a review."""

from datetime import datetime

from shared.events import document_id, iso


def review_id(at: datetime) -> str:
    """The id of the one review that is due *at* a time."""
    return document_id("review", iso(at))
