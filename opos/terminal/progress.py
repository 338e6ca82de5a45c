"""Progress of what takes longer than a second: one line on stderr, only on a terminal, which disappears at the end."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from opos.terminal.width import fitted, width
from shared.values.local_time import duration
from shared.values.text import counted, readable

T = TypeVar("T")
_PATIENCE, _PACE = 1.0, 0.25
"""Seconds before the first line, and between two."""
_ERASE = "\r\033[K"


@contextmanager
def progress(words: Callable[[], str] | str) -> Iterator[None]:
    """Shows *words* with the time that the block has taken so far, once it takes longer than a second."""
    if not is_shown():
        yield
        return
    done = threading.Event()
    line = threading.Thread(target=_redraw, args=(words, done), daemon=True)
    line.start()
    try:
        yield
    finally:
        done.set()
        line.join()


def followed(items: Iterable[T], noun: str) -> Iterator[T]:
    """*items*, with their number so far as the progress: `12,300 events`."""
    count = 0
    with progress(lambda: counted(count, noun)):
        for item in items:
            yield item
            count += 1


def is_shown() -> bool:
    """Whether stderr is a terminal that can rewrite a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _redraw(words: Callable[[], str] | str, done: threading.Event) -> None:
    began, pause, is_drawn = time.monotonic(), _PATIENCE, False
    while not done.wait(pause):
        took = duration(timedelta(seconds=time.monotonic() - began))
        text = readable(f"{words if isinstance(words, str) else words()}, {took}")
        sys.stderr.write(f"{_ERASE}{fitted(text, width(sys.stderr))}")
        sys.stderr.flush()
        pause, is_drawn = _PACE, True
    if is_drawn:
        sys.stderr.write(_ERASE)
        sys.stderr.flush()
