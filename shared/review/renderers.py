"""The review as plain text, as Markdown, and as the HTML of a mail."""

from shared.digest.renderers.html import render
from shared.digest.renderers.markdown import cut
from shared.review.figures import Review
from shared.review.sections import CODE, Section, period, sections, title
from shared.values.markup import Dialect


def as_text(review: Review) -> str:
    return "\n\n".join([period(review), *map(_plain, sections(review))])


def _plain(section: Section) -> str:
    return "\n".join(filter(None, [section.heading.upper(), *section.lines, section.checklist]))


def as_markdown(review: Review, dialect: Dialect, *, limit: int) -> str:
    paragraphs = [_paragraph(section, dialect) for section in sections(review)]
    return cut([dialect.escape(period(review)), *paragraphs], limit)


def _paragraph(section: Section, dialect: Dialect) -> str:
    link = [dialect.link("The checklist", section.checklist)] if section.checklist else []
    heading = f"{dialect.bold}{section.heading}{dialect.bold}"
    return "\n".join([heading, *map(dialect.escape, section.lines), *link])


def as_html(review: Review, *, console: str) -> str:
    """The body of a mail. *console* is the address of the page with the charts."""
    hours = review["by_hour"]
    view = {
        "subject": title(review), "period": period(review), "sections": sections(review), "console": console,
        "code": CODE, "hours": hours, "most": max((hour["cost"] for hour in hours), default=0.0) or 1.0,
    }  # fmt: skip
    return render("review.html", view)
