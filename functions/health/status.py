"""The public status page and its badge: the state of each part of the service.

They show no names of checks, numbers, versions or hosts, because those would help an attacker.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal

from shared.context import Context
from shared.health.report import WORSE, Result
from shared.values.http import HttpResponse
from shared.values.templates import templates

State = Literal["operational", "degraded", "down"]
STATES: tuple[State, ...] = ("operational", "degraded", "down")
_STORE = ("store-unreachable", "data-file-replaced", "data-file-damaged")
PARTS: Mapping[str, tuple[str, ...]] = {
    "Receiving": (*_STORE, "disk-full", "store-slow", "clock-skewed", "certificate-ends"),
    "Alerting": (
        *_STORE, "disk-full", "bus-unreachable", "sweeper-stopped", "events-unhandled", "outbox-stuck",
        "channel-unreachable", "pages-refused", "error-budget-burning",
    ),
    "Digests": (*_STORE, "bus-unreachable", "sweeper-stopped", "digest-late", "digests-refused"),
    "Feature flags": ("keys-unreachable",),
}  # fmt: skip
"""The parts on the page, each with the failures that affect it."""
FRESH = 30
"""Seconds for which a page is reused: the public cannot make opos run its checks more often than that."""
_HEADERS = {
    "cache-control": f"public, max-age={FRESH}",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def parts(results: Iterable[Result]) -> dict[str, State]:
    """The state of each part: that of the worst failure that affects it."""
    worst: dict[str, int] = {}
    for result in results:
        worst[result.failure] = max(worst.get(result.failure, 0), WORSE.index(result.status))
    return {name: STATES[max(worst.get(failure, 0) for failure in failures)] for name, failures in PARTS.items()}


@dataclass
class _Kept:
    config: object
    at: float
    states: dict[str, State]


_kept: _Kept | None = None
_running = threading.Lock()


def current(run: Callable[[], Iterable[Result]], context: Context) -> dict[str, State]:
    """The state of each part, at most FRESH seconds old; *run* runs the checks."""
    global _kept  # noqa: PLW0603  (a process has one report)
    with _running:
        if _kept is None or _kept.config is not context.config or monotonic() - _kept.at > FRESH:
            _kept = _Kept(context.config, monotonic(), parts(run()))
        return _kept.states


def page(states: Mapping[str, State], title: str) -> HttpResponse:
    text = _rendered("status.html", states, title)
    return HttpResponse(200, text, {"content-type": "text/html; charset=utf-8", **_HEADERS})


def badge(states: Mapping[str, State], title: str) -> HttpResponse:
    text = _rendered("badge.svg", states, title)
    return HttpResponse(200, text, {"content-type": "image/svg+xml", **_HEADERS})


def _rendered(template: str, states: Mapping[str, State], title: str) -> bytes:
    worst = max(states.values(), key=STATES.index)
    page = templates(Path(__file__).with_name("templates")).get_template(template)
    return page.render(title=title, parts=states, worst=worst).encode("utf-8", "replace")
