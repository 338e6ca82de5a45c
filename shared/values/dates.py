"""Days and time zones as a configuration file spells them."""

from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator


def _zone(value: Any) -> Any:
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError, TypeError):
        raise ValueError("expected an IANA time zone such as Europe/Berlin") from None
    return value


def _day(value: Any) -> Any:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a day such as 2027-01-31") from None


Day = Annotated[date, BeforeValidator(_day)]
Zone = Annotated[str, BeforeValidator(_zone)]
