"""W3C Trace Context: reading it, passing it on, and the spans."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import DigestDue, EventAccepted, Message, Tick
from shared.telemetry import tracing
from shared.telemetry.tracing import Kind, Place, Span
from tests.support.fakes import FakeClock

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE}-{SPAN}-01"
OTHER = "4bf92f3577b34da6a3ce929d0e0e4736"


def accepted(trace: str) -> EventAccepted:
    return EventAccepted(
        id="e1", version="1", source="app", type="trouble", received_at=FakeClock().moment, trace=trace, signals=()
    )


def published(message: Message) -> Place | None:
    """What a message's attribute says of where it came from."""
    with tracing.publishing(message) as span:
        return tracing.read(str(span.place))


def test_a_valid_header_is_read() -> None:
    assert tracing.read(VALID) == Place(TRACE, SPAN, sampled=True)
    assert tracing.read(f"00-{TRACE}-{SPAN}-00") == Place(TRACE, SPAN, sampled=False)


@pytest.mark.parametrize("flags", ["03", "ff", "09"])
def test_of_the_flags_only_the_one_that_is_known_counts(flags: str) -> None:
    assert tracing.read(f"00-{TRACE}-{SPAN}-{flags}") == Place(TRACE, SPAN, sampled=True)


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    assert tracing.read(f"cc-{TRACE}-{SPAN}-01-what-the-future-will-bring") == Place(TRACE, SPAN, sampled=True)
    assert tracing.read(f"01-{TRACE}-{SPAN}-00") == Place(TRACE, SPAN, sampled=False)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "x", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}-1", f"00-{TRACE}-{SPAN}-01-more", f"00-{TRACE}-{SPAN}",
        f"cc-{TRACE}-{SPAN}-01.more", f"{VALID},{VALID}", f" {VALID}", f"{VALID}\n", f"00-{TRACE[1:]}-{SPAN}-01", "é" * 55,
    ],
)  # fmt: skip
def test_what_is_no_valid_header_is_as_if_it_was_not_there(header: str | None) -> None:
    assert tracing.read(header) is None


@given(trace=st.integers(1, 2**128 - 1), span=st.integers(1, 2**64 - 1), sampled=st.booleans())
def test_what_is_written_is_read_again(trace: int, span: int, *, sampled: bool) -> None:
    place = Place(f"{trace:032x}", f"{span:016x}", sampled)
    assert tracing.read(str(place)) == place


@given(st.text(max_size=80))
def test_any_header_is_read_or_refused(header: str) -> None:
    place = tracing.read(header)
    assert place is None or re.fullmatch(r"[0-9a-f]{32} [0-9a-f]{16}", f"{place.trace} {place.span}")


def test_a_request_with_a_parent_joins_its_trace_as_a_span_of_its_own() -> None:
    with tracing.serving("webhook_intake", VALID) as span:
        assert (span.place.trace, span.place.sampled) == (TRACE, True)
        assert span.place.span != SPAN
        assert tracing.current() is span
    assert tracing.current() is None


def test_requests_without_a_parent_begin_traces_of_their_own_that_nobody_collects() -> None:
    places = [tracing.serving("health", None).place for _ in range(50)]
    assert len({place.trace for place in places} | {place.span for place in places}) == 100
    assert {(len(place.trace), len(place.span), place.sampled) for place in places} == {(32, 16, False)}


@pytest.mark.parametrize("message", [Tick(), DigestDue(queue="inbox", reason="size"), accepted(TRACE)])
@pytest.mark.parametrize("flags", ["00", "01"])
def test_what_is_published_bears_the_present_trace_span_and_flag(message: Message, flags: str) -> None:
    with tracing.serving("webhook_intake", f"00-{TRACE}-{SPAN}-{flags}") as span:
        assert published(message) == span.place


def test_an_event_that_is_published_again_bears_its_own_trace_and_not_the_sweepers() -> None:
    with tracing.consuming("sweeper", "ticks", {"traceparent": VALID}):
        place = published(accepted(OTHER))
    assert place
    assert (place.trace, place.sampled) == (OTHER, False)
    assert place.span != SPAN


def test_outside_of_any_work_a_message_begins_a_trace_or_continues_the_one_it_names() -> None:
    first, second, own = published(Tick()), published(Tick()), published(accepted(TRACE))
    assert first
    assert second
    assert first.trace != second.trace
    assert own
    assert own.trace == TRACE


def test_an_event_with_a_trace_that_is_none_is_published_all_the_same() -> None:
    place = published(accepted("imported"))
    assert place
    assert place.trace != "imported"


def test_a_message_from_before_is_handled_in_the_trace_that_it_names() -> None:
    assert tracing.consuming("alert_router", "events", {"trace": TRACE}).place.trace == TRACE
    assert tracing.consuming("alert_router", "events", {"trace": OTHER, "traceparent": VALID}).place.trace == TRACE
    assert tracing.consuming("alert_router", "events", {"trace": "<script>"}).place.trace != "<script>"


def test_a_call_outside_is_nothing_while_nobody_collects() -> None:
    with tracing.serving("alert_router", VALID) as span, tracing.calling("send desk", {"channel": "desk"}):
        assert tracing.current() is span


class Remembering:
    """A collector that records the spans that it begins."""

    def __init__(self) -> None:
        self.begun: list[tuple[Any, ...]] = []

    def begin(
        self, kind: Kind, name: str, function: str, parent: Place | None, trace: str | None, labels: Mapping[str, Any]
    ) -> Span:
        self.begun.append((kind, name, function, parent and parent.span, trace, dict(labels)))
        return Span(
            Place(parent.trace if parent else trace or OTHER, f"{len(self.begun):016x}", sampled=True), function
        )


@pytest.fixture
def collector() -> Iterator[Remembering]:
    remembering = Remembering()
    tracing.collect(lambda: remembering)
    yield remembering
    tracing.collect(None)


def test_each_piece_of_work_is_a_span_beneath_the_one_that_led_to_it(collector: Remembering) -> None:
    with tracing.serving("webhook_intake", VALID), tracing.publishing(accepted(TRACE)) as sent:
        header = str(sent.place)
    with (
        tracing.consuming("alert_router", "events", {"traceparent": header}),
        tracing.calling("send desk", {"channel": "desk"}),
    ):
        pass
    told = {"event_id": "e1", "source": "app", "type": "trouble"}
    assert collector.begun == [
        ("SERVER", "webhook_intake", "webhook_intake", SPAN, None, {}),
        ("PRODUCER", "send events", "webhook_intake", f"{1:016x}", TRACE, {"topic": "events", **told}),
        ("CONSUMER", "process events", "alert_router", f"{2:016x}", None, {"topic": "events"}),
        ("CLIENT", "send desk", "alert_router", f"{3:016x}", None, {"channel": "desk"}),
    ]


def test_an_event_published_again_is_the_first_span_of_its_trace_there(collector: Remembering) -> None:
    with tracing.consuming("sweeper", "ticks", {"traceparent": VALID}):
        assert published(accepted(OTHER)) == Place(OTHER, f"{2:016x}", sampled=True)
    assert collector.begun[1][:5] == ("PRODUCER", "send events", "sweeper", None, OTHER)


def test_the_collector_is_made_at_the_first_span_and_once() -> None:
    made: list[Remembering] = []

    def make() -> Remembering:
        made.append(Remembering())
        return made[-1]

    tracing.collect(make)
    assert made == []
    for _ in range(3):
        tracing.serving("health", None)
    tracing.collect(None)
    assert [len(collector.begun) for collector in made] == [3]


def test_a_collector_that_cannot_be_made_stops_no_work() -> None:
    tracing.collect(lambda: None)
    with tracing.serving("health", VALID) as span, tracing.calling("send desk", {}):
        assert span.place.trace == TRACE
        assert published(Tick())
    tracing.collect(None)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "True"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_SERVICE_NAME": "opos"}, False),
    ],
)
def test_spans_are_collected_where_the_environment_says_so(environment: dict[str, str], *, expected: bool) -> None:
    assert tracing.is_configured(environment) is expected
