"""The public page and its badge: how each part of the service is, from the same report, and nothing besides.

No names of checks, numbers, versions or hosts: what an attacker would want to know stands in the report alone.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal

from shared.context import Context
from shared.health.report import WORSE, Finding
from shared.values.http import HttpResponse
from shared.values.templates import templates

State = Literal["operational", "degraded", "down"]
STATES: tuple[State, ...] = ("operational", "degraded", "down")
PARTS: Mapping[str, tuple[str, ...]] = {
    "Receiving": ("store-unreachable", "disk-full", "store-slow", "clock-skewed", "certificate-ends"),
    "Alerting": (
        "store-unreachable", "disk-full", "bus-unreachable", "sweeper-stopped", "events-unhandled", "outbox-stuck",
        "channel-unreachable", "pages-refused", "error-budget-burning",
    ),
    "Digests": ("store-unreachable", "bus-unreachable", "sweeper-stopped", "digest-late", "digests-refused"),
    "Feature flags": ("keys-unreachable",),
}  # fmt: skip
"""What the public is told of, and the failures that it suffers from."""
FRESH = 30
"""Seconds for which a report is shown again: the public cannot make the bundle look at itself more often than that."""
_HEADERS = {
    "cache-control": f"public, max-age={FRESH}",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def parts(findings: Iterable[Finding]) -> dict[str, State]:
    """How each part is: as bad as the worst of the failures that it suffers from."""
    worst: dict[str, int] = {}
    for one in findings:
        worst[one.failure] = max(worst.get(one.failure, 0), WORSE.index(one.status))
    return {name: STATES[max(worst.get(one, 0) for one in failures)] for name, failures in PARTS.items()}


@dataclass
class _Kept:
    config: object
    at: float
    found: dict[str, State]


_kept: _Kept | None = None
_looking = threading.Lock()


def current(look: Callable[[], Iterable[Finding]], context: Context) -> dict[str, State]:
    """How each part is; *look* is asked where that was not known half a minute ago."""
    global _kept  # noqa: PLW0603  (a process has one report)
    with _looking:
        if _kept is None or _kept.config is not context.config or monotonic() - _kept.at > FRESH:
            _kept = _Kept(context.config, monotonic(), parts(look()))
        return _kept.found


def page(found: Mapping[str, State], title: str) -> HttpResponse:
    text = _rendered("status.html", found, title)
    return HttpResponse(200, text, {"content-type": "text/html; charset=utf-8", **_HEADERS})


def badge(found: Mapping[str, State], title: str) -> HttpResponse:
    text = _rendered("badge.svg", found, title)
    return HttpResponse(200, text, {"content-type": "image/svg+xml", **_HEADERS})


def _rendered(template: str, found: Mapping[str, State], title: str) -> bytes:
    worst = max(found.values(), key=STATES.index)
    made = templates(Path(__file__).with_name("templates")).get_template(template)
    return made.render(title=title, parts=found, worst=worst).encode("utf-8", "replace")
