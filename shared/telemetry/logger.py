"""The log. It loads structlog with its first line, so that a flag evaluation that logs nothing starts without it."""

import threading
from collections.abc import Callable
from typing import Any

_configure: list[Callable[[], None]] = []
_bound: list[Any] = []
_configuring = threading.Lock()


def configured_by(configure: Callable[[], None]) -> None:
    """Have *configure* set up structlog before this process logs its first line."""
    _configure[:] = [configure]
    _bound.clear()


class _Log:
    """Used like structlog's own loggers: `log.warning("event", field=1)`."""

    def __getattr__(self, level: str) -> Any:
        if not _bound:
            _bound.append(_first())
        return getattr(_bound[0], level)


def _first() -> Any:
    import structlog

    with _configuring:  # else a second thread could log before the first has set it up
        while _configure:
            _configure.pop()()
    return structlog.get_logger()


log = _Log()
