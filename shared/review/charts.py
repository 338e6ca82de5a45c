"""Charts as plain geometry that a template draws: without scripts, libraries or anything to load."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.review.figures import Share
from shared.values.text import counted

WIDTH, HEIGHT, FOOT, HEAD = 480.0, 170.0, 22.0, 16.0
"""At this size, text of 13 units is legible on a phone."""


class Bar(NamedTuple):
    """A bar with its top left corner at (`x`, `y`). `name` is below it, `value` above; `said` is the full text."""

    x: float
    y: float
    width: float
    height: float
    name: str
    value: str
    said: str


class Chart(NamedTuple):
    title: str
    width: float
    height: float
    base: float
    bars: list[Bar]


def columns(title: str, shares: Sequence[Share], *, named_each: int = 1) -> Chart:
    """A column for each of *shares*, as high as its cost; every *named_each*th has its name below it."""
    most = max((share["cost"] for share in shares), default=0.0) or 1.0
    step, room = WIDTH / max(len(shares), 1), HEIGHT - FOOT - HEAD
    bars = [
        _column(share, n * step, step, room * share["cost"] / most, share["name"] if n % named_each == 0 else "")
        for n, share in enumerate(shares)
    ]
    return Chart(title, WIDTH, HEIGHT, HEIGHT - FOOT, bars)


def _column(share: Share, x: float, step: float, height: float, name: str) -> Bar:
    gap = min(step * 0.25, 12.0)
    wide = min(step - gap, 90.0)
    left, top = x + (step - wide) / 2, HEIGHT - FOOT - height
    said = f"{share['name']}: {counted(share['count'], 'interruption')}, cost {share['cost']:g}"
    value = f"{share['cost']:g}" if share["cost"] else ""
    return Bar(round(left, 1), round(top, 1), round(wide, 1), round(height, 1), name, value, said)
