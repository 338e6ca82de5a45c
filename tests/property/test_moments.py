"""Whatever time a sender writes: its event is kept, its alert notifies, and its resolve ends the alert."""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.alerting.lifecycle import Received, apply
from shared.config.sources import AlertMapping, Source
from shared.events import Alert, Event, EventAccepted, Signal, iso
from shared.intake.webhook import read
from shared.services.intake.acceptance import announcement
from shared.sources import FORMATS
from shared.sources.payload import parse_moment
from shared.values.timestamps import EARLIEST, LATEST, utc
from tests.property.test_translation import real_payloads

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
HEADERS = {"x-github-event": "workflow_run", "sentry-hook-resource": "issue", "x-shopify-topic": "orders/paid"}
zones = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-1439, 1439))
times = st.datetimes(timezones=zones)
strange = (
    st.sampled_from(
        [
            "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00", "0000-01-01T00:00:00Z",
            "2026-02-30T09:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T09:00:60Z", "+292278994-08-17T07:12:55Z", "NaN",
            "Infinity", "-1", "1e400", "9" * 15, "253402300799.999999", 253402300800, 10**14, 10**30, -(10**12), 0, 1e300,
            True, None, {}, [],
        ]
    )
    | times.map(datetime.isoformat)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
MAPPED = Source(
    scheme="bearer", secrets=("T",), format="mapped",
    alert=AlertMapping(title="title", severity="severity", fingerprint="id", at="at"),
)  # fmt: skip


def with_times(payload: Any, value: Any) -> Any:
    """*payload* with *value* in place of each time in it."""
    if isinstance(payload, dict):
        return {key: value if is_time(part) else with_times(part, value) for key, part in payload.items()}
    return [with_times(part, value) for part in payload] if isinstance(payload, list) else payload


def is_time(value: Any) -> bool:
    is_scalar = isinstance(value, str | int) and not isinstance(value, bool)
    return is_scalar and parse_moment(str(value)) is not None and len(str(value)) >= len("1795165200")


def signals_of(name: str, payload: Any) -> tuple[Signal, ...]:
    """What the router receives for *payload*: through the event, its announcement and their JSON."""
    source = MAPPED if name == "mapped" else Source(scheme="bearer", secrets=("T",), format=name)  # type: ignore[arg-type]
    reading = read("app", source, HEADERS, payload)
    event = Event(
        id="e", source="app", type=reading.type, delivery_id="d", subject=reading.subject, received_at=NOW, owner="me",
        trace="t", body=json.dumps(payload), body_sha256="h", quarantine=reading.quarantine,
    )  # fmt: skip
    assert Event.stored(event.to_doc()) == event
    message = announcement(event, reading.signals, version="1").model_dump_json()
    return EventAccepted.from_push(message.encode(), {}).signals


def check(name: str, payload: Any) -> None:
    for signal in signals_of(name, payload):
        if isinstance(signal, Alert):
            fires_and_resolves(signal)


def fires_and_resolves(signal: Alert) -> None:
    def received(status: str, now: datetime) -> Received:
        return Received(signal.model_copy(update={"status": status}), "a", "app", "e", {}, now, now)

    fired = apply(received("firing", NOW), None)
    assert (fired.effect, fired.alert and fired.alert["state"]) == ("notify", "firing")
    resolved = apply(received("resolved", LATER), fired.alert)
    assert (resolved.effect, resolved.alert and resolved.alert["state"]) == ("close", "resolved")
    assert resolved.alert is not None
    assert str(resolved.alert["expires_at"]) > iso(NOW + timedelta(days=365))
    assert apply(received("firing", LATER + timedelta(minutes=5)), resolved.alert).effect == "notify"


@cache
def payloads(name: str) -> list[Any]:
    """The real payloads of a sender that contain times."""
    mine = {"title": "Disk full", "id": "1", "severity": "critical", "at": NOW.isoformat()}
    return [payload for payload in [*real_payloads(name), *([mine] if name == "mapped" else [])] if has_time(payload)]


def has_time(payload: Any) -> bool:
    return with_times(payload, "x") != payload


TIMED = [name for name in (*sorted(FORMATS), "mapped") if payloads(name)]


@pytest.mark.parametrize("name", TIMED)
@settings(max_examples=30)
@given(value=strange, data=st.data())
def test_every_sender_may_write_any_time(name: str, value: Any, data: st.DataObject) -> None:
    check(name, with_times(data.draw(st.sampled_from(payloads(name))), value))


def test_the_payloads_have_times_of_every_sender_whose_times_opos_reads() -> None:
    reads = {"alertmanager", "grafana", "google-monitoring", "pagerduty", "stripe", "uptimerobot", "mapped"}
    assert reads <= set(TIMED)


@given(moment=times)
@example(moment=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-1))))
@example(moment=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))
def test_every_time_has_a_text_and_leaves_room_for_any_zone_and_duration(moment: datetime) -> None:
    stored = datetime.fromisoformat(iso(moment))
    assert stored == utc(moment)
    assert EARLIEST <= stored <= LATEST
    assert stored == moment or moment < EARLIEST or moment > LATEST
    for zone in (timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))):
        assert stored.astimezone(zone) + timedelta(days=36_500) > stored > stored - timedelta(days=36_500)


@given(moments=st.lists(times, min_size=2))
def test_the_order_of_the_texts_is_that_of_the_times(moments: list[datetime]) -> None:
    assert [iso(moment) for moment in sorted(moments)] == sorted(map(iso, moments))


def test_a_time_that_does_not_count_is_noted_in_the_reason() -> None:
    signal = Alert(fingerprint="f", title="t", severity="critical", at=LATEST)
    change = apply(Received(signal, "a", "app", "e", {}, NOW, NOW), None)
    assert change.reason == (
        "critical and new; the sender's time 9000-01-01T00:00:00.000000Z is ahead of its arrival and does not count"
    )
