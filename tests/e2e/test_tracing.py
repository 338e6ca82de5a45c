"""One id from the webhook to the page: in the log, in the event log and in what a collector is sent."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.events import EventAccepted
from shared.sources import scheme
from shared.telemetry import otlp as trace_export
from shared.telemetry import tracing
from shared.telemetry.otlp import Spans
from tests.support.bundle import SECRETS, Bundle
from tests.torture.senders import until

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
BODY = {"type": "trouble", "data": {"id": "disk", "title": "Disk full", "severity": "critical"}}


KEEPER = "record_keeper"


class Memory:
    """A collector that is a list: `spans` are those that have ended, by their names, `kept` those of the record keeper.

    The record keeper takes in every event beside the router.
    """

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.collector = Spans(self.exporter)

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._ended() if span.resource.attributes.get("faas.name") != KEEPER}

    @property
    def kept(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._ended() if span.resource.attributes.get("faas.name") == KEEPER}

    def _ended(self) -> Sequence[ReadableSpan]:
        self.collector.flush()
        return self.exporter.get_finished_spans()


@pytest.fixture
def memory() -> Iterator[Memory]:
    found = Memory()
    tracing.collect(lambda: found.collector)
    yield found
    tracing.collect(None)


def send(bundle: Bundle, *, traceparent: str | None = None, path: str = "/webhooks/app") -> Any:
    body = json.dumps(BODY).encode()
    declared = bundle.runtime.config.sources["app"]
    signed = scheme(declared).sign(body, SECRETS["APP_SECRET"], now=bundle.clock.now(), delivery="d1", event_type="")
    more = {"traceparent": traceparent} if traceparent else {}
    return bundle.request("POST", path, body, {"content-type": "application/json", **signed, **more})


def ids(span: ReadableSpan) -> tuple[str, str, str | None]:
    """Its trace, itself, and its parent."""
    assert span.context
    parent = f"{span.parent.span_id:016x}" if span.parent else None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}", parent


def waiting(bundle: Bundle) -> list[dict[str, str]]:
    """The attributes of the messages that wait on the local bus for the router."""
    rows = bundle.runtime.database.read(
        "SELECT attributes FROM messages WHERE subscription = 'alert-router' ORDER BY id", []
    )
    return [json.loads(row[0]) for row in rows]


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """Tracing has nothing to do with the store."""
    return embedded


def test_a_webhook_its_message_and_its_router_are_spans_of_one_trace_that_the_event_log_names(
    bundle: Bundle, memory: Memory
) -> None:
    answer = send(bundle, traceparent=f"00-{TRACE}-{SPAN}-01")
    bundle.settle()
    intake, sent, router = (ids(memory.spans[name]) for name in ("webhook_intake", "send events", "process events"))
    assert {intake[0], sent[0], router[0], bundle.doc(f"events/{answer.json['id']}")["trace"]} == {TRACE}
    assert (intake[2], sent[2], router[2]) == (SPAN, intake[1], sent[1])


def test_spans_say_which_event_they_are_about_and_nothing_of_its_body_or_address(
    bundle: Bundle, memory: Memory
) -> None:
    answer = send(bundle, path="/webhooks/app?token=hunter2")
    bundle.settle()
    spans = memory.spans
    event = {"opos.event.id": answer.json["id"], "opos.source": "app", "opos.type": "trouble"}
    http = {"http.request.method": "POST", "http.response.status_code": 202}
    topic = {"messaging.destination.name": "events"}
    assert spans["webhook_intake"].attributes == http | event
    assert spans["send events"].attributes == topic | event
    assert spans["process events"].attributes == topic | event
    assert "hunter2" not in "".join(span.to_json() for span in spans.values())


def test_each_function_is_a_service_of_its_own(bundle: Bundle, memory: Memory) -> None:
    send(bundle)
    bundle.settle()
    services = {name: span.resource.attributes["service.name"] for name, span in memory.spans.items()}
    assert services["webhook_intake"] == services["send events"] == "webhook_intake"
    assert services["process events"] == "alert_router"
    assert ids(memory.kept["process events"])[0] == ids(memory.spans["process events"])[0], "one trace has both"
    assert memory.spans["webhook_intake"].resource.attributes["faas.name"] == "webhook_intake"


def test_a_service_that_the_environment_names_is_called_so(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "my-company")
    memory = Memory()
    tracing.collect(lambda: memory.collector)
    send(bundle)
    tracing.collect(None)
    resource = memory.spans["webhook_intake"].resource.attributes
    assert (resource["service.name"], resource["faas.name"]) == ("my-company", "webhook_intake")


def test_what_the_sender_does_not_sample_is_not_collected_by_any_function(bundle: Bundle, memory: Memory) -> None:
    answer = send(bundle, traceparent=f"00-{TRACE}-{SPAN}-00")
    (attributes,) = waiting(bundle)
    assert attributes["traceparent"].startswith(f"00-{TRACE}-")
    assert attributes["traceparent"].endswith("-00")
    bundle.settle()
    assert memory.spans == {}
    assert bundle.doc(f"events/{answer.json['id']}")["trace"] == TRACE


def test_the_environment_may_say_that_all_is_collected(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_on")
    memory = Memory()
    tracing.collect(lambda: memory.collector)
    send(bundle, traceparent=f"00-{TRACE}-{SPAN}-00")
    tracing.collect(None)
    assert ids(memory.spans["webhook_intake"])[::2] == (TRACE, SPAN)


def test_a_refusal_is_no_error_of_ours_and_a_crash_is_one(
    bundle: Bundle, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle.request("POST", "/webhooks/nowhere", b"{}")
    refused = memory.spans["webhook_intake"]
    assert refused.status.is_unset
    said = {"http.request.method": "POST", "http.response.status_code": 404, "opos.source": "nowhere"}
    assert refused.attributes == said
    monkeypatch.setattr(bundle.store, "commit", lambda _writes: 1 / 0)
    send(bundle)
    crashed = memory.spans["webhook_intake"]
    assert not crashed.status.is_ok
    assert crashed.status.description is None
    assert crashed.attributes
    assert (crashed.attributes["error.type"], crashed.events) == ("500", ())


def test_an_event_that_the_sweeper_publishes_again_goes_on_in_its_own_trace(bundle: Bundle, memory: Memory) -> None:
    answer = send(bundle, traceparent=f"00-{TRACE}-{SPAN}-01")
    bundle.runtime.database.write(lambda db: db.execute("DELETE FROM messages"))  # the message is lost
    bundle.tick(minutes=2)
    event = bundle.doc(f"events/{answer.json['id']}")
    assert (event["state"], event["trace"]) == ("handled", TRACE)
    assert ids(memory.spans["process events"])[0] == TRACE
    assert ids(memory.spans["process ticks"])[0] != TRACE


def test_where_only_requests_give_time_what_waits_is_sent_behind_the_next_one(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("K_SERVICE", "webhook-intake")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
    monkeypatch.setattr(trace_export, "EVERY", 0.0)
    memory = Memory()
    tracing.collect(lambda: memory.collector)
    for _ in range(2):
        bundle.request("GET", "/livez")
    tracing.collect(None)
    until(memory.exporter.get_finished_spans, seconds=60, what="the span of the first request")


def test_without_a_collector_the_same_ids_travel(bundle: Bundle) -> None:
    send(bundle, traceparent=f"00-{TRACE}-{SPAN}-01")
    (attributes,) = waiting(bundle)
    assert set(attributes) == {"traceparent"}
    place = tracing.read(attributes["traceparent"])
    assert place
    assert (place.trace, place.sampled) == (TRACE, True)
    assert place.span != SPAN


def test_a_message_from_before_the_header_is_handled_in_the_trace_that_it_names(bundle: Bundle, memory: Memory) -> None:
    send(bundle, traceparent=f"00-{TRACE}-{SPAN}-01")
    old = json.dumps({"trace": TRACE})
    bundle.runtime.database.write(lambda db: db.execute("UPDATE messages SET attributes = ?", [old]))
    bundle.settle()
    assert ids(memory.spans["process events"])[::2] == (TRACE, None)
    assert bundle.pages() == ["Disk full"]


def test_a_message_that_cannot_be_handled_is_refused_without_a_word_of_why(
    bundle: Bundle, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle.store, "commit", lambda _writes: 1 / 0)
    event = EventAccepted(
        id="e1", version="1", source="app", type="t", received_at=bundle.clock.now(), trace=TRACE, signals=()
    )
    bundle.runtime.bus.publish(event)
    (delivery,) = bundle.runtime.local_bus.take(1)
    path, body = delivery.push_request("local")
    answer = bundle.functions["alert_router"].test_client().post(path, json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal")
    assert "division" not in answer.text
    assert memory.spans["process events"].attributes["error.type"] == "500"  # type: ignore[index]
