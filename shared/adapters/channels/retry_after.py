"""How long a receiver asks us to wait.

Sources: RFC 9110, section 10.2.3 (Retry-After: seconds, or a date) and section 5.6.7 (the forms of a date).
"""

import math
from contextlib import suppress
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

_LONGEST = 86_400
_DIGITS = 20
"""The first so many digits of a number suffice to know that it is too long."""


def retry_after(headers: "Message[str, str]", now: datetime) -> int:
    """The seconds in *headers* until a retry is welcome, at most a day; 0 if they say nothing that is valid.

    A date is compared with the server's own time, because our clocks may differ; *now* stands in for it.
    """
    said = (headers.get("retry-after") or "").strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:_DIGITS]), _LONGEST)
    until = _date(said)
    if until is None:
        return 0
    seconds = (until - (_date(headers.get("date") or "") or now)).total_seconds()
    return max(0, min(math.ceil(seconds), _LONGEST))


def _date(text: str) -> datetime | None:
    with suppress(TypeError, ValueError, OverflowError):
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=date.tzinfo or UTC)  # an old form of a date has no zone
    return None
