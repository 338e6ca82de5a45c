"""A kind with a listed field of each type, and the order of its values as a person would say it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Literal

from hypothesis import strategies as st

from shared.records import Listed, Money, Record, Reference
from shared.records.kind import Kind
from tests.support.kinds import CUSTOMER


class Deal(Record, kind="deal", title="{name}"):
    name: Listed[str] | None = None
    size: Listed[Decimal] | None = None
    seats: Listed[int | float] | None = None
    price: Listed[Money] | None = None
    on: Listed[date] | None = None
    at: Listed[datetime] | None = None
    is_open: Listed[bool] = True
    stage: Listed[Literal["new", "Won", "lost"]] | None = None
    tags: Listed[tuple[str, ...]] = ()
    customer: Annotated[str, Reference("customer")] | None = None


DEAL = Kind(Deal)
KINDS = {"deal": DEAL, "customer": CUSTOMER}
_NUMBERS = st.integers(-12, 12) | st.sampled_from([0.5, -0.5, 10.25, 1e300, -1e-300, 2**62, -(2**62)])
_ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=-9))])
_MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 3), timezones=_ZONES)  # noqa: DTZ001
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text("aAbBzZéÉß -\x00", max_size=3)
    | st.sampled_from(["a" * 250, "a" * 249 + "b", "\U0001f600", "\uffee"]),
    "size": st.decimals(-100, 100, places=2) | st.sampled_from([Decimal("1.50"), Decimal("1.5"), Decimal("-0")]),
    "seats": _NUMBERS,
    "price": st.builds(Money, amount=st.integers(-1000, 1000), currency=st.sampled_from(["eur", "usd"])),
    "on": st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.dates(date(2026, 11, 1), date(2026, 11, 3)),
    "at": _MOMENTS,
    "is_open": st.booleans(),
    "stage": st.sampled_from(["new", "Won", "lost"]),
    "tags": st.lists(st.sampled_from(["a", "A", "b", ""]), max_size=3).map(tuple),
    "customer": st.sampled_from(["c1", "C1", "c2"]),
}
FIELDS = st.fixed_dictionaries({}, optional={name: values | st.none() for name, values in VALUES.items()})


def rank(value: Any) -> tuple[Any, ...]:
    """What orders *value* among the values of its field. A value that is unset, or an empty text, comes first."""
    plain = value.replace("\x00", "") if isinstance(value, str) else value
    if plain is None or plain == "":
        return (0,)
    if isinstance(plain, str):
        return (1, plain.casefold(), plain != plain.casefold(), plain)
    if isinstance(plain, Money):
        return (1, plain.currency, plain.amount)
    if isinstance(plain, datetime):
        return (1, plain if plain.tzinfo else plain.replace(tzinfo=UTC))
    return (1, plain)
