"""The answer to a caller whose request raised an error: a stranger learns nothing about a fault of our own."""

from shared.errors import OposError
from shared.telemetry.logger import log as _log
from shared.values.http import HttpResponse, error_response

OURS = "Something went wrong on our side. It has been logged."


def fault_response(fault: OposError) -> HttpResponse:
    """The answer for *fault*. The reason for a fault of our own is only logged."""
    if fault.http_status < 500:  # noqa: PLR2004
        return error_response(fault)
    _log.warning("failed", error=type(fault).__name__, fault=fault.message, hint=fault.hint)
    fault.hint = None
    return error_response(fault if fault.retryable else OposError(OURS))
