"""Who takes webhooks in, as the bench of the intake needs to know it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from bench.serving import Server


@dataclass(frozen=True, slots=True)
class Contestant:
    """`start` serves with its data in a folder, and is ready when it is entered. `share` is the part of the requests
    that one who is slow is sent. `kept` are the ids of the deliveries in a folder that are kept for good.
    """

    name: str
    path: str
    start: Callable[[Path], AbstractContextManager[Server]]
    share: float = 1.0
    kept: Callable[[Path], set[str]] | None = None
    versions: dict[str, str] = field(default_factory=dict)
