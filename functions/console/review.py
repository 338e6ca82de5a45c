"""The review of the last seven days, with plots: made when it is asked for."""

from functions.console.access import how_to_enter, is_operator
from functions.console.context import ConsoleContext
from functions.console.responses import message, page
from shared.values.http import HttpRequest, HttpResponse


def show(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    if not is_operator(request, context):
        return message(401, "This page is for the operator.", how_to_enter(context), context)
    from shared.review.charts import columns
    from shared.review.sections import CODE, period, sections, title
    from shared.services.review.week import week_before

    found = week_before(context.now, context)
    charts = [
        columns("What interruptions cost, by the hour of the day", found["by_hour"], named_each=3),
        columns("What interruptions cost, by who sent them", found["by_source"][:8]),
    ]
    view = {"title": title(found), "period": period(found), "sections": sections(found), "code": CODE, "charts": charts}
    return page(200, "review.html", view, context)
