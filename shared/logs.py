"""The log, which loads what it needs with its first line: a look-up that has nothing to say starts without it."""

from collections.abc import Callable
from typing import Any

_configure: list[Callable[[], None]] = []


def configured_by(configure: Callable[[], None]) -> None:
    """Have *configure* set up structlog before the first line that this process logs."""
    _configure[:] = [configure]


class _Log:
    """As structlog's own loggers: `log.warning("event", field=1)`."""

    def __getattr__(self, level: str) -> Any:
        import structlog

        while _configure:
            _configure.pop()()
        return getattr(structlog.get_logger(), level)


log = _Log()
