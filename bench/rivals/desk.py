"""Who turns webhooks into pages, as the bench of the page needs to know it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.serving import Server


@dataclass(frozen=True, slots=True)
class Desk:
    """Of a token and a severity, `request` makes what is sent; the page of a critical one holds its token. `waiting` is
    what was taken and is not yet dealt with, where one `tells_waiting`. `fill` makes so many alerts open that page
    nobody.
    """

    name: str
    server: Server
    request: Callable[[str, str], bytes]
    waiting: Callable[[], int]
    fill: Callable[[int], None]
    tells_waiting: bool = True
    versions: dict[str, str] = field(default_factory=dict)
