"""Stack traces as Python writes them, but without the text of the exception and the lines of source code: both may
contain what must not be logged.

Source: Error Reporting documentation, "ReportedErrorEvent": a Python trace is as `traceback.format_exc` returns it.
"""

from collections.abc import Iterator
from itertools import pairwise
from traceback import walk_tb
from typing import NamedTuple

MOST_FAULTS, MOST_FRAMES = 8, 50
_CAUSED = "\nThe above exception was the direct cause of the following exception:\n"
_WHILE = "\nDuring handling of the above exception, another exception occurred:\n"


class Frame(NamedTuple):
    file: str
    line: int
    function: str


def stack_trace(fault: BaseException) -> str:
    """The innermost frames of *fault* and of the exceptions that led to it; each ends with its type."""
    chain = list(_chain(fault))[::-1]
    lines = list(_lines(chain[0]))
    for earlier, later in pairwise(chain):
        lines += [_CAUSED if later.__cause__ is earlier else _WHILE, *_lines(later)]
    return "\n".join(lines)


def origin(fault: BaseException) -> Frame | None:
    """The frame that raised *fault*; None if it was never raised."""
    frames = _frames(fault)
    return frames[-1] if frames else None


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """*fault* and the exceptions that led to it, the latest first."""
    earlier: BaseException | None = fault
    for _ in range(MOST_FAULTS):
        if earlier is None:
            return
        yield earlier
        earlier = earlier.__cause__ or (None if earlier.__suppress_context__ else earlier.__context__)


def _lines(fault: BaseException) -> Iterator[str]:
    yield "Traceback (most recent call last):"
    for frame in _frames(fault)[-MOST_FRAMES:]:
        yield f'  File "{frame.file}", line {frame.line}, in {frame.function}'
    yield _name(type(fault))


def _frames(fault: BaseException) -> list[Frame]:
    walked = walk_tb(fault.__traceback__)
    return [Frame(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in walked]


def _name(kind: type[BaseException]) -> str:
    """The name of the type as `traceback` writes it."""
    plain = kind.__module__ in {"builtins", "__main__"}
    return kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}"
