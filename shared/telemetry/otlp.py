"""Sends spans to an OpenTelemetry collector, by OTLP over HTTP. Imported only if the environment names a collector.

The SDK chooses the ids and samples as OTEL_TRACES_SAMPLER says (by default like the parent). opos passes its choice on,
so that log, event log and spans agree. Source: OpenTelemetry specification, "Tracing SDK" and "OTLP Exporter".
"""

import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from shared.process.due_task import DueTask
from shared.telemetry import tracing
from shared.telemetry.allowed_fields import attributes
from shared.telemetry.log_record import release
from shared.telemetry.tracing import Kind, Place

PATIENCE = 4.0
"""Seconds for one batch, if the environment does not say: a process that ends may have to send two, and platforms give
it ten seconds.
"""
EVERY = 5.0
"""Seconds between two flushes on a platform that gives a process time only during requests."""
NOTED = ("event_id", "source", "type")
"""The fields that a span copies from the lines logged during a request, because only they name its event."""
_REMOTE: tuple[Kind, ...] = ("SERVER", "CONSUMER")


class Spans:
    """A `shared.telemetry.tracing.Collector`. Sends what is waiting every few seconds, and when the process ends."""

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        self._sending = BatchSpanProcessor(exporter or OTLPSpanExporter(timeout=_patience()))
        self._ids = _Ids()
        self._tracers: dict[str, otel.Tracer] = {}
        self._flushing = DueTask(lambda _now: self.flush(), EVERY)
        self._is_paused_between_requests = "K_SERVICE" in os.environ

    def begin(
        self, kind: Kind, name: str, function: str, parent: Place | None, trace: str | None, labels: Mapping[str, Any]
    ) -> tracing.Span:
        if self._is_paused_between_requests and kind in _REMOTE:
            self._flushing.ask(datetime.now(UTC))
        self._ids.first_of(trace)
        span = self._tracer(function).start_span(
            name,
            _context(parent, is_remote=kind in _REMOTE),
            otel.SpanKind[kind],
            attributes(labels),
        )
        return _Collected(span, function, notes=kind == "SERVER")

    def flush(self) -> bool:
        return self._sending.force_flush()

    def _tracer(self, function: str) -> otel.Tracer:
        """Each function is its own service, even if all of them run in one process."""
        if function not in self._tracers:
            provider = TracerProvider(resource=_resource(function or "opos"), id_generator=self._ids)
            provider.add_span_processor(self._sending)
            self._tracers[function] = provider.get_tracer("opos")
        return self._tracers[function]


class _Collected(tracing.Span):
    __slots__ = ("_notes", "_span")

    def __init__(self, span: otel.Span, function: str, *, notes: bool) -> None:
        drawn = span.get_span_context()
        place = Place(f"{drawn.trace_id:032x}", f"{drawn.span_id:016x}", drawn.trace_flags.sampled)
        super().__init__(place, function)
        self._span, self._notes = span, notes

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, fault, at)
        if kind:
            self._failed(kind.__name__)
        self._span.end()

    def tell(self, **labels: Any) -> None:
        self._span.set_attributes(attributes(labels))
        if (status := labels.get("status", 0)) >= 500:  # noqa: PLR2004
            self._failed(str(status))

    def overhear(self, fields: Mapping[str, Any]) -> None:
        if self._notes:
            self.tell(**{name: fields[name] for name in NOTED if name in fields})

    def _failed(self, error: str) -> None:
        self._span.set_status(otel.StatusCode.ERROR)
        self._span.set_attributes(attributes({"error": error}))


class _Ids(RandomIdGenerator):
    """Random ids, except for the first span of a trace whose id was given before."""

    def __init__(self) -> None:
        self._wanted = threading.local()

    def first_of(self, trace: str | None) -> None:
        self._wanted.trace = int(trace, 16) if trace else None

    def generate_trace_id(self) -> int:
        return getattr(self._wanted, "trace", None) or super().generate_trace_id()


def _patience() -> float | None:
    """The timeout of a batch; None if the environment sets it."""
    declared = (OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT)
    return None if any(name in os.environ for name in declared) else PATIENCE


def _context(parent: Place | None, *, is_remote: bool) -> Context:
    if parent is None:
        return Context()
    flags = otel.TraceFlags(otel.TraceFlags.SAMPLED if parent.sampled else otel.TraceFlags.DEFAULT)
    place = otel.SpanContext(int(parent.trace, 16), int(parent.span, 16), is_remote, flags)
    return otel.set_span_in_context(otel.NonRecordingSpan(place), Context())


def _resource(function: str) -> Resource:
    """The environment's OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win; `faas.name` is always the function."""
    declared = Resource.create()
    is_named = not str(declared.attributes[SERVICE_NAME]).startswith("unknown_service")
    name = {} if is_named else {SERVICE_NAME: function}
    return Resource({"service.version": release()}).merge(declared).merge(Resource({**name, "faas.name": function}))
