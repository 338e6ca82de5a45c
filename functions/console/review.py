"""The weekly review with charts, computed when it is opened."""

from functions.console.access import entrance, is_operator
from functions.console.context import ConsoleContext
from functions.console.responses import page
from shared.values.http import HttpRequest, HttpResponse


def show(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    if not is_operator(request, context):
        return entrance(context)
    from shared.review.charts import columns
    from shared.review.sections import CODE, period, sections, title
    from shared.services.review.week import week_before

    week = week_before(context.now, context)
    charts = [
        columns("Cost of interruptions by hour", week["by_hour"], named_each=3),
        columns("Cost of interruptions by source", week["by_source"][:8]),
    ]
    view = {"title": title(week), "period": period(week), "sections": sections(week), "code": CODE, "charts": charts}
    return page(200, "review.html", view, context)
