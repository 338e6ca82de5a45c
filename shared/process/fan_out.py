"""Runs many calls at the same time, each for a limited time: one that hangs costs its timeout and no more."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar

from shared.errors import DeliveryError, OposError
from shared.process.deadline import Call

T = TypeVar("T")
_threads = threading.BoundedSemaphore(32)
"""Limits the threads: those that cannot be cut, because a name server does not answer, end much later."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a call has no answer, without the text of an exception, and after how many seconds this was known."""

    reason: str
    after: float


def ask_all(questions: Sequence[Callable[[], T]], timeout: timedelta) -> list[T | Unanswered]:
    """What each of *questions* returns, in their order."""
    began, seconds = monotonic(), timeout.total_seconds()
    calls = [_start(question, began + seconds - monotonic()) for question in questions]
    return [_answer(call, began, seconds) for call in calls]


def _start(work: Callable[[], T], seconds: float) -> Call[T] | None:
    """A call of *work*; None if no thread becomes free within *seconds*."""
    if not _threads.acquire(timeout=max(0.0, seconds)):
        return None
    try:
        return Call(work, seconds, _threads.release)
    except BaseException:
        _threads.release()  # the system has no thread left
        raise


def _answer(call: Call[Any] | None, began: float, seconds: float) -> Any:
    if call is None or not call.is_over(by=began + seconds - call.began):
        if call:
            call.cut()
        return Unanswered("no answer in time", monotonic() - began)
    try:
        return call.result()
    except DeliveryError as fault:
        reason: str = fault.reason
    except OposError as fault:
        reason = fault.code
    except Exception as fault:  # noqa: BLE001  (an error is an answer too)
        reason = type(fault).__name__
    return Unanswered(reason, monotonic() - began)
