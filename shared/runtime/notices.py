"""What renders the messages of the outbox that are stored as data. Each renderer is imported with its first message:
a notification about an alert needs none.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.context import Context
    from shared.ports import Doc, Notice
    from shared.services.outbox.context import Render


def _digest(doc: "Doc", context: "Context") -> "Notice":
    from shared.services.digest.notice import digest_notice

    return digest_notice(doc, context)


def _review(doc: "Doc", context: "Context") -> "Notice":
    from shared.services.review.notice import review_notice

    return review_notice(doc, context)


NOTICES: Mapping[str, "Render"] = {"content": _digest, "review": _review}
"""Each renderer, by the field of the document that holds what it renders."""
