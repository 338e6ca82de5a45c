"""What lies outside: channels, identity providers, certificates and the time. Asked without sending anything."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from shared.context import Context
from shared.errors import Unavailable
from shared.events import iso
from shared.health.report import Finding, judged
from shared.services.health.checks.pipeline import SWEEP
from shared.services.health.context import HealthContext

if TYPE_CHECKING:
    from shared.config.model import Config

AGAIN = timedelta(minutes=10)
"""How often the sweeper looks at certificates and at the time."""
DAY = 86_400
FRESH = 10.0


class _Known(NamedTuple):
    at: float
    findings: tuple[Finding, ...]
    fault: Exception | None


_known: dict[tuple[int, str], _Known] = {}


def channel(name: str, context: Context) -> list[Finding]:
    """Raises DeliveryError where it cannot be reached; no finding where it cannot be asked."""
    return _lately(f"channel:{name}", context, lambda: context.channel(name).reach())


def keys(issuer: str, context: HealthContext) -> list[Finding]:
    """Raises Unavailable where the issuer's keys cannot be fetched."""

    def fetched() -> bool:
        context.fetch_keys(issuer)
        return True

    return _lately(f"keys:{issuer}", context, fetched)


def _lately(name: str, context: Context, ask: Callable[[], bool]) -> list[Finding]:
    """What came of asking, which is not done again within FRESH seconds: whoever reads the report must not be able to
    make us log in to a mail server as often as they like.
    """
    key = id(context.config), name
    if key not in _known or monotonic() - _known[key].at > FRESH:
        _known[key] = _asked(name, ask)
    known = _known[key]
    if known.fault:
        raise known.fault
    return list(known.findings)


def _asked(name: str, ask: Callable[[], bool]) -> _Known:
    began = monotonic()
    try:
        answered = ask()
    except Exception as fault:  # noqa: BLE001  (it is raised for each who asks)
        return _Known(began, (), fault)
    took = round((monotonic() - began) * 1000, 2)
    return _Known(began, (Finding(name, "component", "pass", took, "ms"),) if answered else (), None)


def look(before: dict[str, Any], context: HealthContext) -> dict[str, Any]:
    """What the sweeper keeps of certificates, the time and the disk; *before* is what it kept last."""
    if before and datetime.fromisoformat(before["at"]) + AGAIN > context.now:
        return {**before, "free_mb": context.free_mb()}
    ends = {host: end for host in hosts(context.config) if (end := _certificate_end(host, context))}
    return {"at": iso(context.now), "certificates": ends, "clock": _offset(context), "free_mb": context.free_mb()}


def last_seen(context: Context) -> list[Finding]:
    """About what the sweeper saw last."""
    doc = context.store.get(SWEEP)
    return about((doc.data.get("outside") or {}) if doc else {}, context)


def about(seen: dict[str, Any], context: Context) -> list[Finding]:
    """What *seen*, as `look` returns it, means."""
    return [*_certificates(seen, context), *_clock(seen, context), *_disk(seen, context)]


def not_reached(unreachable: Mapping[str, str]) -> list[Finding]:
    """About what did not answer when the sweeper asked; *unreachable* are failures by the names of their checks."""
    return [
        Finding(name, "component", "warn", 1, "failure", "did not answer", failure=failure)
        for name, failure in unreachable.items()
    ]


def hosts(config: "Config") -> list[str]:
    """Whose certificates are looked at."""
    url = urlsplit(config.public_url or "")
    own = [url.netloc.rpartition("@")[2]] if url.scheme == "https" else []
    return list(dict.fromkeys([*own, *config.health.certificates]))


def _certificate_end(host: str, context: HealthContext) -> str:
    """Empty where nobody answers with one: that is another failure than a certificate that ends."""
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


def _certificates(seen: dict[str, Any], context: Context) -> Iterator[Finding]:
    threshold = context.config.health.thresholds.certificate_left.total_seconds() / DAY
    for host, end in (seen.get("certificates") or {}).items():
        left = (datetime.fromisoformat(end) - context.now).total_seconds() / DAY
        output = "has ended" if left < 0 else "ends soon"
        yield judged(
            f"certificate:{host}",
            left,
            "days",
            threshold=threshold,
            failure="certificate-ends",
            output=output,
            below=True,
        )


def _clock(seen: dict[str, Any], context: Context) -> Iterator[Finding]:
    if seen.get("clock") is not None:
        threshold = context.config.health.thresholds.clock_offset.total_seconds()
        yield judged("clock:offset", abs(seen["clock"]), "s", threshold=threshold, failure="clock-skewed")


def _disk(seen: dict[str, Any], context: Context) -> Iterator[Finding]:
    if seen.get("free_mb") is not None:
        threshold = context.config.health.thresholds.disk_free_mb
        yield judged(
            "disk:free", seen["free_mb"], "MiB", threshold=threshold, failure="disk-full", below=True, otherwise="fail"
        )
