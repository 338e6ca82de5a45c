"""Sets up the log of a process, and spans if OpenTelemetry is configured.

`shared.telemetry.log_record` defines the lines of the log, `shared.telemetry.allowed_fields` the fields they may have.
"""

import io
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from shared.telemetry import logger as logs
from shared.telemetry import tracing
from shared.telemetry.log_record import line
from shared.telemetry.logger import log as _log
from shared.telemetry.stack_traces import Frame

LEVEL, FORM = "OPOS_LOG_LEVEL", "OPOS_LOG"
ZONE, TRACES = "OPOS_LOG_ZONE", "OPOS_LOG_TRACES"
"""The time zone of the readable log, and the file of its stack traces: `opos up` sets both for its processes."""
TEXT = "text"
"""The value of FORM for the readable log. With any other, or without one, the log is JSON."""


def configure(*, level: str | None = None) -> None:
    """Set up this process; safe to call again. The default of *level* is OPOS_LOG_LEVEL, or info."""
    named = (level or os.environ.get(LEVEL, "")).upper()
    logs.configured_by(lambda: _shape_lines(logging.getLevelNamesMapping().get(named, logging.INFO)))
    _listen_to_others()
    if tracing.is_configured(os.environ):
        _collect()


def _shape_lines(level: int) -> None:
    import structlog

    output = _Lossy()
    structlog.configure(
        processors=[_readable_lines()] if is_readable() else [line, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(output),  # one write per line: threads do not mix theirs
        cache_logger_on_first_use=True,
    )


class _Lossy(io.StringIO):
    """Standard output, if it still has a reader: what cannot be logged must not fail the work it tells of."""

    def __init__(self) -> None:
        super().__init__()
        self._file = sys.stdout

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return self._file.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()


def is_readable() -> bool:
    """Whether the log of this process is for a person at a terminal."""
    return os.environ.get(FORM) == TEXT


def _readable_lines() -> Callable[..., str]:
    from zoneinfo import ZoneInfo

    from shared.telemetry.readable_line import ReadableLines

    zone, traces = os.environ.get(ZONE), os.environ.get(TRACES)
    return ReadableLines(ZoneInfo(zone) if zone else None, Path(traces) if traces else None)


def span(name: str, **labels: Any) -> AbstractContextManager[object]:
    """A context manager for a call to an external service: a span called *name*, with the labels that are allowed.

    Does nothing, at almost no cost, if spans are not collected.
    """
    return tracing.calling(name, labels)


def _collect() -> None:
    try:
        from shared.telemetry.otlp import Spans
    except ImportError:
        _log.error("spans_not_exported", reason="not installed", remedy="pip install 'one-person-os[otel]'")
    else:
        tracing.collect(lambda: _made(Spans))


def _made(make: Callable[[], tracing.Collector]) -> tracing.Collector | None:
    """None, and one line, if OpenTelemetry does not understand its settings: they must not stop a request."""
    try:
        return make()
    except Exception as fault:  # noqa: BLE001  (whatever it is, only spans are lost)
        _log.error("spans_not_exported", error=type(fault).__name__, remedy="check the settings named OTEL_...")
        return None


class _Others(logging.Handler):
    """Logs what libraries log: the library, the place and the level, but not the text, which may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        at = Frame(record.pathname, record.lineno, record.funcName or "")
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        _log.log(level, "library", library=record.name, exc_info=record.exc_info, at=at)


class _QuotesRequest(logging.Filter):
    """Replaces the server's line about a request that it could not answer, because it contains the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        quotes = bool(record.exc_info) and "request" in str(record.msg)
        if quotes:
            _others.emit(record)
        return not quotes


_others, _quotes_request = _Others(logging.WARNING), _QuotesRequest()


def _listen_to_others() -> None:
    """Replace plain handlers, which write the texts of exceptions."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if type(handler) is logging.StreamHandler]:
        root.removeHandler(handler)
    root.addHandler(_others)
    logging.getLogger("gunicorn.error").addFilter(_quotes_request)
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_died


def _thread_died(what: threading.ExceptHookArgs) -> None:
    _log.error("thread_died", error=what.exc_type.__name__, exc_info=what.exc_value)
