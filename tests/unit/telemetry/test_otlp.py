"""Spans on a platform that gives a process time only during requests: a collector that hangs delays requests little."""

import threading
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from shared.telemetry.otlp import EVERY, Spans

LONG = 30.0
"""Seconds that no test waits for, unless it fails."""


class Hanging(SpanExporter):
    """Answers no batch until the test ends."""

    def __init__(self) -> None:
        self.batches, self.has_begun, self.may_end = 0, threading.Event(), threading.Event()

    def export(self, _spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.batches += 1
        self.has_begun.set()
        self.may_end.wait(LONG)
        return SpanExportResult.FAILURE


def test_a_collector_that_hangs_delays_one_request_in_a_period_and_only_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("K_SERVICE", "webhook-intake")
    exporter, times = Hanging(), [0.0]
    spans = Spans(exporter)
    flushing, begun = spans._flushing, []
    flushing.clock = lambda: times[-1]
    for time in (0.0, EVERY + 1, EVERY + 1.3, EVERY + 2, 2 * EVERY):
        times.append(time)
        with spans.begin("SERVER", "request", "webhook_intake", None, None, {}):
            begun.append(flushing._run)
    exporter.has_begun.wait(LONG)
    assert (exporter.batches, exporter.may_end.is_set()) == (1, False)
    assert len({id(run) for run in begun}) == 2
    exporter.may_end.set()
    flushing.wait()
