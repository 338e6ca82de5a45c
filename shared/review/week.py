"""The review of a week, from the store and the files."""

from datetime import date, datetime

from shared.context import Context
from shared.flags import Flag
from shared.review.figures import Review, review
from shared.review.history import read_history


def week_before(at: datetime, context: Context) -> Review:
    return review(read_history(context, at), zone=context.config.timezone, days=_days(context))


def _days(context: Context) -> dict[tuple[str, str], date]:
    """When each flag and each secret is due."""
    shorthand = {key: flag for key, flag in context.flags.flags.items() if isinstance(flag, Flag)}
    flags = {("flag", key): flag.expires for key, flag in shorthand.items() if flag.expires}
    return {**flags, **{("secret", name): on for name, on in context.config.rotate_by.items()}}
