"""The month's bill."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from opos.commands.cost import command
from shared.cost import KIB_KEPT, MINUTES, PRICES, bill


def dollars(events: int, *, critical: float = 0.0, size: int = 5) -> dict[str, float]:
    return {line.name: line.dollars for line in bill(events, critical=critical, digest_size=size)}


def test_a_quiet_company_pays_nothing() -> None:
    assert sum(dollars(0).values()) == 0


def test_the_bill_is_what_the_counts_and_the_prices_say() -> None:
    events = 100_000
    found = dollars(events)
    writes = events * 30 * (4 + 2 / 5) + MINUTES * 2
    reads = events * 30 * (2 + 4 / 5) + 11 * 30 + MINUTES * 27
    assert found["Firestore writes"] == pytest.approx((writes - 600_000) / 100_000 * 0.09)
    assert found["Firestore reads"] == pytest.approx((reads - 1_500_000) / 100_000 * 0.03)
    kept = events * 30 * 12 * (KIB_KEPT["event"] + KIB_KEPT["digest"] / 5) / 1024**2
    assert found["Firestore storage"] == pytest.approx((kept - 1) * 0.15)
    assert found["Cloud Run requests"] == pytest.approx((events * 30 * 3.2 + MINUTES - 2_000_000) / 1e6 * 0.40)


def test_without_what_is_free_all_of_it_is_paid() -> None:
    price = {one.name: one.dollars / one.per for one in PRICES}
    lines = bill(10_000, critical=0.01, digest_size=5)
    assert {line.name: line.gross for line in lines} == pytest.approx(
        {line.name: line.quantity * price[line.name] for line in lines}
    )
    assert all(line.gross - line.dollars <= line.free * price[line.name] + 1e-9 for line in lines)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1), st.integers(1, 100))
def test_more_events_never_cost_less(one: int, other: int, critical: float, size: int) -> None:
    fewer, more = sorted([one, other])
    less, most = (dollars(count, critical=critical, size=size) for count in (fewer, more))
    assert all(less[price.name] <= most[price.name] for price in PRICES)


def test_the_command_shows_each_line_the_total_and_the_date_of_the_prices() -> None:
    text = CliRunner().invoke(command, ["--events-per-day", "1000"]).output
    assert all(price.name in text for price in PRICES)
    assert "Prices as of 2026-11" in text
    assert "no free tier" in text
    machine = json.loads(CliRunner().invoke(command, ["--events-per-day", "100000", "--json"]).output)
    assert machine["dollars"] == pytest.approx(sum(line["dollars"] for line in machine["lines"]), abs=0.01)
    assert machine["gross"] == pytest.approx(sum(line["gross"] for line in machine["lines"]), abs=0.01)
