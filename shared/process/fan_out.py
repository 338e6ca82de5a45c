"""Runs many calls at the same time, each for a limited time: one that hangs costs its timeout and no more."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar

from shared.errors import DeliveryError, OposError

T = TypeVar("T")
_threads = threading.BoundedSemaphore(32)
"""A dependency that hangs permanently keeps the threads that call it; this is the limit."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a call has no answer, without the text of an exception, and after how many seconds this was known."""

    reason: str
    after: float


def ask_all(questions: Sequence[Callable[[], T]], timeout: timedelta) -> list[T | Unanswered]:
    """What each of *questions* returns, in their order."""
    began = monotonic()
    deadline = began + timeout.total_seconds()
    asked = [_ask(question, deadline) for question in questions]
    return [_answer(future, began, deadline) for future in asked]


def _ask(question: Callable[[], T], deadline: float) -> "Future[T]":
    """Call it in a daemon thread, which does not delay the exit, unlike the threads of an executor."""
    future: Future[T] = Future()
    if _threads.acquire(timeout=max(0.0, deadline - monotonic())):
        threading.Thread(target=_run, args=(question, future), daemon=True).start()
    return future


def _run(question: Callable[[], Any], future: "Future[Any]") -> None:
    try:
        future.set_result(question())
    except Exception as fault:  # noqa: BLE001  (an error is an answer too)
        future.set_exception(fault)
    finally:
        _threads.release()


def _answer(future: "Future[Any]", began: float, deadline: float) -> Any:
    try:
        return future.result(max(0.0, deadline - monotonic()))
    except TimeoutError:
        reason = "no answer in time"
    except DeliveryError as fault:
        reason = fault.reason
    except OposError as fault:
        reason = fault.code
    except Exception as fault:  # noqa: BLE001
        reason = type(fault).__name__
    return Unanswered(reason, monotonic() - began)
