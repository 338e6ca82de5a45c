"""The review as text, as Markdown and as the HTML of a mail."""

from shared.digest.renderers.html import render
from shared.digest.renderers.markdown import Dialect, cut
from shared.review.figures import Review
from shared.review.sections import CODE, Section, period, sections, title


def as_text(found: Review) -> str:
    blocks = ["\n".join(filter(None, [one.heading.upper(), *one.lines, one.checklist])) for one in sections(found)]
    return "\n\n".join([period(found), *blocks])


def as_markdown(found: Review, dialect: Dialect, *, limit: int) -> str:
    return cut([dialect.escape(period(found)), *(_paragraph(one, dialect) for one in sections(found))], limit)


def _paragraph(one: Section, dialect: Dialect) -> str:
    link = [dialect.link("The checklist", one.checklist)] if one.checklist else []
    return "\n".join([f"{dialect.bold}{one.heading}{dialect.bold}", *map(dialect.escape, one.lines), *link])


def as_html(found: Review, *, console: str) -> str:
    """*console* is where the page with the plots is."""
    most = max((one["cost"] for one in found["by_hour"]), default=0.0) or 1.0
    view = {
        "subject": title(found),
        "period": period(found),
        "sections": sections(found),
        "console": console,
        "code": CODE,
    }
    return render("review.html", {**view, "hours": found["by_hour"], "most": most})
