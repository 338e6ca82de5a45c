"""A plot as plain SVG, with logarithmic axes: what stays flat while the other grows a thousandfold looks flat."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

Points = Sequence[tuple[float, float]]
WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 72, 200, 48, 60
COLOURS = ("#1f6fb4", "#c8571b", "#2b8a3e", "#8a3ea8", "#b0253a", "#7a6a00")
INK, GRID = "#333333", "#dddddd"


def plot(title: str, series: Mapping[str, Points], x_label: str, y_label: str) -> str:
    """*series* by name. An x of 0 stands a decade before the least that is more; every y must be more than 0."""
    xs, ys = ([point[axis] for points in series.values() for point in points] for axis in (0, 1))
    across = Axis(xs, LEFT, WIDTH - RIGHT)
    up = Axis([y for y in ys if y], HEIGHT - BOTTOM, TOP)
    parts = [*_frame(title, x_label, y_label), *_x_ticks(across), *_y_ticks(up)]
    for number, (name, points) in enumerate(series.items()):
        parts += _series(name, [(across.place(x), up.place(y)) for x, y in points], number)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    return "\n".join([f'{head} font-size="13" role="img" aria-label="{escape(title)}">', *parts, "</svg>\n"])


class Axis:
    """Whole decades around *values*, drawn from the pixel *begin* to the pixel *end*."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        logs = [log10(value) for value in values if value > 0]
        self.zero = floor(min(logs)) - 1 if min(values) == 0 else None
        self.low = floor(min(logs)) if self.zero is None else self.zero
        self.high = max(ceil(max(logs)), self.low + 1)
        self.begin, self.end = begin, end

    def place(self, value: float) -> float:
        at = log10(value) if value > 0 else self.low
        return self.begin + (at - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Where, and what it says there."""
        for power in range(self.low, self.high + 1):
            value = 0.0 if power == self.zero else 10.0**power
            yield self.place(value), f"{value:,.0f}" if power >= 0 or not value else f"{value:.{-power}f}"


def _frame(title: str, x_label: str, y_label: str) -> Iterator[str]:
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    yield f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold" fill="{INK}">{escape(title)}</text>'
    middle, half = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 16}" text-anchor="middle" fill="{INK}">{escape(x_label)}</text>'
    turned = f'transform="rotate(-90 18 {half})"'
    yield f'<text x="18" y="{half}" {turned} text-anchor="middle" fill="{INK}">{escape(y_label)}</text>'


def _x_ticks(axis: Axis) -> Iterator[str]:
    for x, said in axis.ticks():
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="{GRID}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="{INK}">{said}</text>'


def _y_ticks(axis: Axis) -> Iterator[str]:
    for y, said in axis.ticks():
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{INK}">{said}</text>'


def _series(name: str, places: Points, number: int) -> Iterator[str]:
    colour, y = COLOURS[number % len(COLOURS)], TOP + 10 + 22 * number
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)
    left = WIDTH - RIGHT + 16
    yield f'<line x1="{left}" y1="{y}" x2="{left + 22}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
    yield f'<text x="{left + 30}" y="{y + 4}" fill="{INK}">{escape(name)}</text>'
