"""One JSON line an event, in the shape Cloud Logging reads. Only fields named by our own code are logged, never a body,
a header or a channel's URL.

Source: Cloud Logging documentation, "Structured logging" (severity, message, logging.googleapis.com/trace).
"""

import logging
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from traceback import extract_tb
from typing import Any

import structlog

_trace: ContextVar[str] = ContextVar("trace", default="")
_SEVERITY = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR", "critical": "CRITICAL"}


def configure(*, level: str = "info") -> None:
    """Set up structlog for this process; safe to call again."""
    structlog.configure(
        processors=[
            _frames,
            _for_cloud_logging,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(),  # a line in one write, so that threads do not mix theirs
        cache_logger_on_first_use=True,
    )


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """Every line that is logged within bears *trace*."""
    before = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(before)


def _for_cloud_logging(_logger: Any, method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    fields["severity"] = _SEVERITY.get(method, "DEFAULT")
    fields["message"] = fields.pop("event")
    project, trace = os.environ.get("GOOGLE_CLOUD_PROJECT"), _trace.get()
    if trace:
        fields["logging.googleapis.com/trace"] = f"projects/{project}/traces/{trace}" if project else trace
    return fields


def _frames(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Where an exception came from, without its text: that may hold what must not be logged."""
    if fields.pop("exc_info", None):
        frames = extract_tb(sys.exc_info()[2])
        fields["frames"] = [f"{one.filename}:{one.lineno} {one.name}" for one in frames]
    return fields
