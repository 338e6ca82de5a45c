"""The checks of what lies outside: channels, identity providers, certificates and the clock. They send no message."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from shared.context import Context
from shared.errors import Unavailable
from shared.events import iso
from shared.health.report import Result, compare
from shared.services.health.checks.pipeline import SWEEP
from shared.services.health.context import HealthContext

if TYPE_CHECKING:
    from shared.config.model import Config

AGAIN = timedelta(minutes=10)
"""How often the sweeper checks certificates, the clock, channels and issuers."""
DAY = 86_400
FRESH = 10.0
"""Seconds for which the result of a channel or an issuer is reused."""


class _Known(NamedTuple):
    at: float
    results: tuple[Result, ...]
    fault: Exception | None


_known: dict[tuple[int, str], _Known] = {}


def channel(name: str, context: Context) -> list[Result]:
    """Raises DeliveryError if the channel is unreachable; empty if it cannot be checked without sending a message."""
    return _recent(f"channel:{name}", context, lambda: context.channel(name).reach())


def keys(issuer: str, context: HealthContext) -> list[Result]:
    """Raises Unavailable if the issuer's keys cannot be fetched."""

    def fetched() -> bool:
        context.fetch_keys(issuer)
        return True

    return _recent(f"keys:{issuer}", context, fetched)


def _recent(name: str, context: Context, ask: Callable[[], bool]) -> list[Result]:
    """The result of *ask*, at most FRESH seconds old.

    Otherwise anyone who reads the report could make opos log in to a mail server as often as they like.
    """
    key = id(context.config), name
    if key not in _known or monotonic() - _known[key].at > FRESH:
        _known[key] = _asked(name, ask)
    known = _known[key]
    if known.fault:
        raise known.fault
    return list(known.results)


def _asked(name: str, ask: Callable[[], bool]) -> _Known:
    began = monotonic()
    try:
        answered = ask()
    except Exception as fault:  # noqa: BLE001  (raised for each caller)
        return _Known(began, (), fault)
    took = round((monotonic() - began) * 1000, 2)
    return _Known(began, (Result(name, "component", "pass", took, "ms"),) if answered else (), None)


def look(before: dict[str, Any], context: HealthContext) -> dict[str, Any]:
    """What the sweeper stores about certificates, the clock and the disk; *before* is what it stored last."""
    if before and context.now - AGAIN < datetime.fromisoformat(before["at"]) <= context.now:
        return {**before, "free_mb": context.free_mb()}
    ends = {host: end for host in hosts(context.config) if (end := _certificate_end(host, context))}
    return {"at": iso(context.now), "certificates": ends, "clock": _offset(context), "free_mb": context.free_mb()}


def last_seen(context: Context) -> list[Result]:
    """The results for what the sweeper stored last."""
    doc = context.store.get(SWEEP)
    return about((doc.data.get("outside") or {}) if doc else {}, context)


def about(seen: dict[str, Any], context: Context) -> list[Result]:
    """The results for *seen*, as `look` returns it."""
    return [*_certificates(seen, context), *_clock(seen, context), *_disk(seen, context)]


def not_reached(unreachable: Mapping[str, str]) -> list[Result]:
    """The results for what did not answer the sweeper; *unreachable* are failures by the names of their checks."""
    return [
        Result(name, "component", "warn", 1, "failure", "did not answer", failure=failure)
        for name, failure in unreachable.items()
    ]


def hosts(config: "Config") -> list[str]:
    """The hosts whose certificates are checked."""
    url = urlsplit(config.public_url or "")
    own = [url.netloc.rpartition("@")[2]] if url.scheme == "https" else []
    return list(dict.fromkeys([*own, *config.health.certificates]))


def _certificate_end(host: str, context: HealthContext) -> str:
    """Empty if the host presents none: that is not the failure of a certificate that expires."""
    try:
        return iso(context.certificate_ends(host))
    except Unavailable:
        return ""


def _offset(context: HealthContext) -> float | None:
    try:
        return (
            context.clock_offset(context.config.health.clock).total_seconds() if context.config.health.clock else None
        )
    except Unavailable:
        return None


def _certificates(seen: dict[str, Any], context: Context) -> Iterator[Result]:
    threshold = context.config.health.thresholds.certificate_left.total_seconds() / DAY
    for host, end in (seen.get("certificates") or {}).items():
        left = (datetime.fromisoformat(end) - context.now).total_seconds() / DAY
        output = "has expired" if left < 0 else "expires soon"
        yield compare(
            f"certificate:{host}",
            left,
            "days",
            threshold=threshold,
            failure="certificate-ends",
            output=output,
            below=True,
        )


def _clock(seen: dict[str, Any], context: Context) -> Iterator[Result]:
    if seen.get("clock") is not None:
        threshold = context.config.health.thresholds.clock_offset.total_seconds()
        yield compare("clock:offset", abs(seen["clock"]), "s", threshold=threshold, failure="clock-skewed")


def _disk(seen: dict[str, Any], context: Context) -> Iterator[Result]:
    if seen.get("free_mb") is not None:
        threshold = context.config.health.thresholds.disk_free_mb
        yield compare(
            "disk:free", seen["free_mb"], "MiB", threshold=threshold, failure="disk-full", below=True, otherwise="fail"
        )
