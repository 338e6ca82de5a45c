"""The log, which loads what it needs with its first line: a look-up that has nothing to say starts without it."""

from collections.abc import Callable
from typing import Any

_configure: list[Callable[[], None]] = []
_bound: list[Any] = []


def configured_by(configure: Callable[[], None]) -> None:
    """Have *configure* set up structlog before the first line that this process logs."""
    _configure[:] = [configure]
    _bound.clear()


class _Log:
    """As structlog's own loggers: `log.warning("event", field=1)`."""

    def __getattr__(self, level: str) -> Any:
        if not _bound:
            _bound.append(_first())
        return getattr(_bound[0], level)


def _first() -> Any:
    import structlog

    while _configure:
        _configure.pop()()
    return structlog.get_logger()


log = _Log()
