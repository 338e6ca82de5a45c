"""The weekly review with charts, computed when it is opened."""

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import REVIEW
from shared.values.http import HttpRequest


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    from shared.review.charts import columns
    from shared.review.sections import CODE, period, sections, title
    from shared.services.review.week import week_before

    week = week_before(context.now, context)
    charts = [
        columns("Cost of interruptions by hour", week["by_hour"], named_each=3),
        columns("Cost of interruptions by source", week["by_source"][:8]),
    ]
    view = {"title": title(week), "period": period(week), "sections": sections(week), "code": CODE, "charts": charts}
    return Page("review.html", view, REVIEW)
