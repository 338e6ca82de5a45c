"""The composition root: the one runtime of this process, which hands each invocation its ports."""

import threading
import time
from collections.abc import Callable

from shared.runtime.clock import new_trace
from shared.runtime.invocation import Invocation
from shared.runtime.ports import Ports
from shared.runtime.settings import Settings


class Runtime(Ports):
    """The ports of this process, and what begins and ends with it."""

    def context(self, trace: str | None = None) -> Invocation:
        return Invocation(self, self.clock.now(), trace or new_trace(), time.monotonic())

    def close(self) -> None:
        """Close what was opened, after the work in the background has ended; a later use opens it again."""
        made = self.__dict__
        for reporter in (made[name] for name in ("usage", "indicators", "rejections") if name in made):
            reporter.reporting.wait()
        if "overrides" in made:
            self.overrides.asking.wait()
        if "database" in made:
            self.database.close()


_current: Runtime | None = None
_making = threading.Lock()


def current(make: Callable[[], Runtime] = lambda: Runtime(Settings.from_environment())) -> Runtime:
    """The runtime of this process, made on the first call."""
    global _current  # noqa: PLW0603  (the one process-wide state there is)
    if _current is not None:
        return _current
    with _making:
        _current = _current or make()
        return _current


def use(runtime: Runtime | None) -> None:
    """Make *runtime* that of this process; None removes it."""
    global _current  # noqa: PLW0603
    _current = runtime
