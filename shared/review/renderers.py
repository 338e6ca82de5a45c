"""The review as plain text, in the dialect of a chat, and as the HTML of a mail."""

from shared.digest.renderers.html import render
from shared.digest.renderers.pieces import cut, whole
from shared.ports import Form
from shared.review.figures import Review
from shared.review.sections import CODE, Section, period, sections, title
from shared.values.markup import Dialect

_ANY, _MORE = Form(), "..."


def as_text(review: Review, form: Form = _ANY) -> str:
    return _fitted([period(review), *map(_plain, sections(review))], form)


def _fitted(paragraphs: list[str], form: Form) -> str:
    """*paragraphs*, or the first of them that fit into *form*."""
    pieces = [f"\n\n{paragraph}" for paragraph in paragraphs]
    return whole(pieces) if form.fits(whole(pieces)) else cut(pieces, form, _MORE)


def _plain(section: Section) -> str:
    explained = [f"{section.summary}:", *(f"  {line}" for line in section.folded)] if section.folded else []
    return "\n".join(filter(None, [section.heading.upper(), *section.lines, *explained, section.checklist]))


def as_markdown(review: Review, dialect: Dialect, form: Form) -> str:
    paragraphs = [_paragraph(section, dialect) for section in sections(review)]
    return _fitted([dialect.escape(period(review)), *paragraphs], form)


def _paragraph(section: Section, dialect: Dialect) -> str:
    link = [dialect.link("The checklist", section.checklist)] if section.checklist else []
    heading = dialect.bold(section.heading)
    explained = [f"{section.summary}: {'; '.join(section.folded)}"] if section.folded else []
    return "\n".join([heading, *map(dialect.escape, [*section.lines, *explained]), *link])


def as_html(review: Review, *, console: str) -> str:
    """The body of a mail. *console* is the address of the page with the charts."""
    hours = review["by_hour"]
    view = {
        "subject": title(review), "period": period(review), "sections": sections(review), "console": console,
        "code": CODE, "hours": hours, "most": max((hour["cost"] for hour in hours), default=0.0) or 1.0,
    }  # fmt: skip
    return render("review.html", view)
