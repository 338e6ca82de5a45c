"""A weekly review as a notice in the form of its channel."""

from datetime import datetime

from shared.context import Context
from shared.ports import Doc, Mailing, Notice
from shared.review.figures import Review
from shared.review.renderers import as_html, as_markdown, as_text
from shared.services.outbox.addressees import receiver
from shared.services.outbox.message import as_message
from shared.values.markup import DIALECTS


def review_notice(doc: Doc, context: Context) -> Notice:
    """The notice of *doc*, a weekly review that is stored as its figures, in the form of its channel."""
    message = as_message(doc.data)
    review: Review = message["review"]
    form, title = receiver(message, context).form, message["notice"]["title"]
    console, made = f"{context.links.base_url.rstrip('/')}/review", datetime.fromisoformat(message["created_at"])
    if dialect := DIALECTS.get(form.markup):
        return Notice(title, as_markdown(review, dialect, form), console, markup=form.markup)
    if form.markup == "plain":
        return Notice(title, as_text(review, form.beside(console)), console)
    mailing = Mailing(as_html(review, console=console), made, f"review.{doc.id}", "review")
    return Notice(title, as_text(review), console, mailing=mailing)
