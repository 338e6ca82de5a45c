"""A source inhibits its targets, wherever both are in a delivery, and however the router divides it."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.alert_router import handler
from shared.events import Alert
from tests.support.events import accepted, disk_full, route_whole
from tests.support.fakes import FakeContext
from tests.support.timeline import configured, fire, minutes, titles

RULES = [{"source_matchers": ["alertname=Down"], "target_matchers": ["alertname=Slow"], "equal": ["host"]}]


def bundle(**route: object) -> FakeContext:
    return configured(
        route={"channel": "desk", "group_by": ["..."], "pages_per_minute": 100, **route}, inhibit_rules=RULES
    )


def alert(name: str, host: str, severity: str = "critical", status: str = "firing") -> Alert:
    return disk_full(
        severity, f"{name} {host}", title=f"{name} {host}", status=status, labels={"alertname": name, "host": host}
    )


ALERTS = st.lists(
    st.builds(
        alert,
        st.sampled_from(["Down", "Slow", "Full"]),
        st.sampled_from("abcd"),
        st.sampled_from(["critical", "warning"]),
        st.sampled_from(["firing", "firing", "resolved"]),
    ),
    min_size=2,
    max_size=9,
    unique_by=lambda signal: signal.fingerprint,
)


@settings(max_examples=30, deadline=None)
@given(signals=ALERTS, batch=st.integers(1, 9))
def test_a_source_in_the_same_delivery_inhibits_its_targets_whatever_the_order_and_the_portions(
    signals: list[Alert], batch: int
) -> None:
    context = bundle()
    with patch.object(handler, "BATCH", batch), patch.object(handler, "PORTIONS", 2):
        route_whole(accepted(context, "d1", *signals), context)
    firing = [signal for signal in signals if signal.status == "firing"]
    down = {signal.labels["host"] for signal in firing if signal.labels["alertname"] == "Down"}
    expected = {
        signal.title
        for signal in firing
        if signal.severity == "critical"
        and not (signal.labels["alertname"] == "Slow" and signal.labels["host"] in down)
    }
    assert set(titles(context)) == expected
    assert len(titles(context)) == len(expected)


def test_a_target_that_a_later_delivery_inhibits_before_its_group_has_waited_is_not_told() -> None:
    context = bundle(group_wait="30s")
    for name in ("Slow", "Down"):
        fire(context, f"{name} a", title=f"{name} a", labels={"alertname": name, "host": "a"})
        context.clock.advance(seconds=10)
    minutes(context, 10)
    assert titles(context) == ["Down a"]


def test_a_source_that_the_same_delivery_resolves_inhibits_nothing_any_more() -> None:
    context = bundle()
    route_whole(accepted(context, "d1", alert("Down", "a")), context)
    context.clock.advance(minutes=1)
    route_whole(accepted(context, "d2", alert("Slow", "a"), alert("Down", "a", status="resolved")), context)
    assert titles(context) == ["Down a", "Slow a"]
