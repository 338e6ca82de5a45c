"""A child that evaluates: its process starts when it is first needed, ends at a deadline, and is then replaced."""

import time
from collections.abc import Iterator

from shared.adapters.expressions.jaq_process import TOO_LATE, JaqProcess
from shared.errors import ExpressionError

_GRACE = 0.5
"""Seconds after the deadline at which the process ends itself, if its parent could not."""


class Child:
    """Answers one caller at a time."""

    def __init__(self, *, memory: int, deadline: float) -> None:
        self._memory, self._deadline = memory, deadline
        self._process: JaqProcess | None = None
        self._busy = False

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._process.pid if self._process else None

    def ask(self, request: bytes, count: int) -> list[bytes]:
        """The *count* answers to *request*. Raises ExpressionError with the index of the one that did not come."""
        process = self._ready()
        self._busy = True
        try:
            answers = list(_answers(process, request, count, time.monotonic() + self._deadline))
        except ExpressionError:
            self._busy = False
            raise
        self._busy = False
        return answers

    def close(self) -> None:
        """Ends the process. The next request starts another."""
        if self._process is not None:
            self._process.close()
        self._process, self._busy = None, False

    def _ready(self) -> JaqProcess:
        """A process that waits for a request. One that was left before it had answered would answer to the next."""
        if self._busy or self._process is None or not self._process.runs():
            self.close()
            self._process = JaqProcess(memory=self._memory, seconds=self._deadline + _GRACE)
        return self._process


def _answers(process: JaqProcess, request: bytes, count: int, until: float) -> Iterator[bytes]:
    index = 0
    try:
        process.send(request, until=until)
        while index < count:
            yield process.answer(until=until)
            index += 1
    except TimeoutError:
        process.close()
        raise ExpressionError(TOO_LATE, index=index, reason="deadline") from None
    except OSError:
        raise process.obituary().at(index) from None
    except ExpressionError as error:
        raise error.at(index) from None
