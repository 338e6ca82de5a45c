"""The review of a week, from the store and the configuration."""

from collections.abc import Iterator
from datetime import date, datetime

from shared.config.digests import WEEKLY
from shared.context import Context
from shared.review.figures import Review, review
from shared.review.identity import review_id
from shared.review.monthly import Budget, Monthly, checklist_beside, earlier_in_month, is_first_of_month, month_of
from shared.services.flags.context import FlagContext
from shared.services.review.history import read_history
from shared.services.slo.indicators import counted
from shared.slo.burn_rate import budget_left, total
from shared.values.cron import last_moment


def week_before(at: datetime, context: FlagContext) -> Review:
    zone = context.config.timezone
    return review(read_history(context, at), zone=zone, days=_days(context), monthly=_monthly(at, context))


def _days(context: FlagContext) -> dict[tuple[str, str], date]:
    """When each flag and each secret is due."""
    flags = {("flag", key): flag.expires for key, flag in context.flags.definitions.items() if flag.expires}
    return {**flags, **{("secret", name): on for name, on in context.config.rotate_by.items()}}


def _monthly(at: datetime, context: Context) -> Monthly | None:
    """The reminder of the latest review that was due by *at*: between two reviews, the console repeats the last one."""
    config = context.config
    cron, zone = (config.review.cron, config.review.timezone) if config.review else (WEEKLY, None)
    due = last_moment(cron, at, zone=zone or config.timezone)
    earlier = earlier_in_month(cron, due, zone=zone or config.timezone, calendar=config.timezone)
    if not is_first_of_month(due, earlier, lambda time: _was_made(time, context)):
        return None
    checklist, month = checklist_beside(config.health.runbooks), month_of(due, zone=config.timezone)
    return {"month": month, "checklist": checklist, "budgets": list(_budgets(at, context))}


def _was_made(due: datetime, context: Context) -> bool:
    """Whether the review that was *due* then was made. Without a `review:` section, it counts as made."""
    return context.config.review is None or context.store.get(f"digests/{review_id(due)}") is not None


def _budgets(at: datetime, context: Context) -> Iterator[Budget]:
    slos = context.config.slos
    for name, slots in counted(context.store, at - slos.window).items():
        counts = total(slots, at, slos.window)
        if any(counts):
            yield {"objective": name, "left": round(budget_left(counts, slos.objective(name).target), 1)}
