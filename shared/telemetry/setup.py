"""Sets up what a process tells of its work: its log, and spans where OpenTelemetry is configured.

`shared.telemetry.log_record` has the shape of the log's lines, `shared.telemetry.allowed_fields` what they may say.
"""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from shared.telemetry import logger as logs
from shared.telemetry import tracing
from shared.telemetry.log_record import line
from shared.telemetry.logger import log as _log
from shared.telemetry.stack_traces import Frame

LEVEL = "OPOS_LOG_LEVEL"


def configure(*, level: str | None = None) -> None:
    """Set up this process; safe to call again. *level* is that of the environment's OPOS_LOG_LEVEL, or info."""
    named = (level or os.environ.get(LEVEL, "")).upper()
    logs.configured_by(lambda: _shape_lines(logging.getLevelNamesMapping().get(named, logging.INFO)))
    _listen_to_others()
    if tracing.is_configured(os.environ):
        _collect()


def _shape_lines(level: int) -> None:
    import structlog

    structlog.configure(
        processors=[line, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(),  # a line in one write, so that threads do not mix theirs
        cache_logger_on_first_use=True,
    )


def span(name: str, **labels: Any) -> AbstractContextManager[object]:
    """What is done within is a call to somebody outside: a span called *name*, with those labels that it may bear.

    Nothing, and nearly for nothing, where spans are not collected.
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
    """None, and one line, for settings that OpenTelemetry does not understand: they stop no request."""
    try:
        return make()
    except Exception as fault:  # noqa: BLE001  (whatever it is, only spans are lost)
        _log.error("spans_not_exported", error=type(fault).__name__, remedy="check the settings named OTEL_...")
        return None


class _Others(logging.Handler):
    """What libraries log: by whom, where and how loudly, but not its text, which may quote a request or an address."""

    def emit(self, record: logging.LogRecord) -> None:
        at = Frame(record.pathname, record.lineno, record.funcName or "")
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        _log.log(level, "library", library=record.name, exc_info=record.exc_info, at=at)


class _QuotesRequest(logging.Filter):
    """The server's line about a request that it could not answer would hold its address."""

    def filter(self, record: logging.LogRecord) -> bool:
        quotes = bool(record.exc_info) and "request" in str(record.msg)
        if quotes:
            _others.emit(record)
        return not quotes


_others, _quotes_request = _Others(logging.WARNING), _QuotesRequest()


def _listen_to_others() -> None:
    """In place of plain handlers, which write the texts of exceptions."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if type(handler) is logging.StreamHandler]:
        root.removeHandler(handler)
    root.addHandler(_others)
    logging.getLogger("gunicorn.error").addFilter(_quotes_request)
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_died


def _thread_died(what: threading.ExceptHookArgs) -> None:
    _log.error("thread_died", error=what.exc_type.__name__, exc_info=what.exc_value)
