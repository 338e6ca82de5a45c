"""One line of the log, in the format that Cloud Logging reads. `shared.telemetry.allowed_fields` lists its fields.

Source: Cloud Logging documentation, "Structured logging", special JSON fields; Error Reporting documentation, "Format
errors in logs". opos writes `time` although Google's agent would add it, because elsewhere there is no agent.
"""

import os
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from shared.process.facts import version
from shared.telemetry import tracing
from shared.telemetry.allowed_fields import TERMINAL_ONLY, allowed, scrubbed
from shared.telemetry.stack_traces import Frame, origin, stack_trace

_GOOGLE = "logging.googleapis.com"
_ERROR_EVENT = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
_BETWEEN = ("structlog.", __name__, "shared.telemetry.readable_line")
"""The modules between the caller and this one."""


def line(_logger: Any, method: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
    """A processor of structlog. The field `at`, a Frame, is the place of the message if it is not the caller."""
    fault, at = raised(fields.pop("exc_info", None)), fields.pop("at", None) or _caller()
    message, span = scrubbed(str(fields.pop("event")), 100), tracing.current()
    kept = allowed({name: value for name, value in fields.items() if name not in TERMINAL_ONLY})
    if span:
        span.overhear(kept)
    function = span.function if span else ""
    return {
        "severity": method.upper(),
        "message": message,
        "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        **kept,
        **(_place(span.place) if span else {}),
        f"{_GOOGLE}/labels": _labels(function),
        f"{_GOOGLE}/sourceLocation": {"file": at.file, "line": str(at.line), "function": at.function},
        **(_error_event(fault, at, function) if fault else {}),
    }


def _place(place: tracing.Place) -> dict[str, Any]:
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    return {
        f"{_GOOGLE}/trace": f"projects/{project}/traces/{place.trace}" if project else place.trace,
        f"{_GOOGLE}/spanId": place.span,
        f"{_GOOGLE}/trace_sampled": place.sampled,
    }


@cache
def release() -> str:
    """Identifies this deployment."""
    return os.environ.get("OPOS_RELEASE") or os.environ.get("K_REVISION") or version()


@cache
def _labels(function: str) -> dict[str, str]:
    return {"function": function or os.environ.get("K_SERVICE", "opos"), "version": release()}


def _error_event(fault: BaseException, at: Frame, function: str) -> dict[str, Any]:
    frame, labels = origin(fault) or at, _labels(function)
    place = {"filePath": frame.file, "lineNumber": frame.line, "functionName": frame.function}
    return {
        "@type": _ERROR_EVENT,
        "serviceContext": {"service": os.environ.get("K_SERVICE", labels["function"]), "version": labels["version"]},
        "stack_trace": stack_trace(fault),
        "context": {"reportLocation": place},
    }


def raised(exc_info: Any) -> BaseException | None:
    """The exception in *exc_info*, which `logging` allows to be one, the result of `sys.exc_info`, or true."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exception() if exc_info else None


def _caller() -> Frame:
    frame = sys._getframe(2)  # noqa: SLF001  (`logging` finds its caller in the same way)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_BETWEEN):
        frame = frame.f_back
    return Frame(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
