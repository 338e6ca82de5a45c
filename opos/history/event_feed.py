"""New events as they come, through times in which the store does not answer."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from opos.history.arrivals import Arrivals
from shared.errors import Unavailable
from shared.ports import Doc


def feed(
    arrivals: Arrivals,
    *,
    now: Callable[[], datetime],
    wait: Callable[[timedelta], bool],
    warn: Callable[[str], None],
) -> Iterator[Doc]:
    """The new events, until *wait* says that nobody reads them. *warn* gets a line when the store stops answering."""
    answers = True
    while wait(arrivals.pause):
        try:
            yield from arrivals.new(now())
        except Unavailable as fault:
            if answers:
                warn(f"{fault.message} opos tries again until the store answers.")
            answers = False
            continue
        if not answers:
            warn("The store answers again.")
        answers = True
