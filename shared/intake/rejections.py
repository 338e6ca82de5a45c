"""Rejected webhooks and pings as counts, by place and reason. A count has no body, no secret and no whole address.

A caller may choose names and methods freely, so only names of opos.yaml, and a few others, become places.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from shared.errors import FailedCheck, Malformed, MethodNotAllowed, NotFound, OposError, TooLarge, TooSlow, Unauthorized
from shared.values.http import HttpRequest
from shared.values.timestamps import iso

if TYPE_CHECKING:
    from shared.config.model import Config

Reason = FailedCheck | Literal["unknown_source", "unknown_heartbeat", "too_large", "method", "malformed", "slow"]
FAILED_CHECKS: tuple[FailedCheck, ...] = ("signature", "token", "routing_key", "timestamp", "header", "secret")
OTHER_PATHS, OTHER_PINGS = "other paths", "other pings"
"""The places of what opos does not name. They have a space, which no name may have."""
UNKNOWN_NAMES = 10
"""Names under /webhooks that opos.yaml does not have and that are counted by name: each may be a typing error."""
KEEP = timedelta(days=30)
LASTS = timedelta(days=1)
"""How long after its last rejection a source counts as rejected, if nothing of it is accepted."""
_NAME = re.compile(r"(?!(?:\D*\d){4})(?!(?:[^A-Z]*[A-Z]){3})[A-Za-z][A-Za-z0-9_-]{0,23}")
"""A name that may be shown: short, and with fewer digits and capitals than a key that was put into the address."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_OF_FAULTS: tuple[tuple[type[OposError], Reason], ...] = (
    (MethodNotAllowed, "method"), (TooLarge, "too_large"), (Malformed, "malformed"), (TooSlow, "slow"),
)  # fmt: skip
STATUSES: Mapping[Reason, int] = {
    **dict.fromkeys(FAILED_CHECKS, 401),
    "unknown_source": 404, "unknown_heartbeat": 404, "too_large": 413, "method": 405, "malformed": 400, "slow": 408,
}  # fmt: skip
"""What the caller was answered."""

WORDS: Mapping[Reason, tuple[str, str]] = {
    "signature": ("wrong signature", "Compare the secret with the sender's. A proxy must not change the body."),
    "token": ("wrong token", "Compare the secret with the sender's."),
    "routing_key": ("wrong routing key", "Compare the secret with the routing key in the sender."),
    "timestamp": ("timestamp", "Compare the sender's clock with this machine's. Only a new delivery is accepted."),
    "header": ("missing header", "Set the secret at the sender. A proxy must pass the header on."),
    "secret": ("secret", "Set it again without whitespace and quotes around it; `opos verify` shows where."),
    "unknown_source": ("no such source", "Correct the address at the sender, or add the source to opos.yaml."),
    "unknown_heartbeat": ("no such heartbeat", "Correct the address in the job: `opos heartbeat url NAME` prints it."),
    "too_large": ("larger than 1 MiB", "Have the sender send less, or fewer events in one webhook."),
    "method": ("method", "Have the sender use POST. Scanners and browsers use others."),
    "malformed": ("incomplete or malformed", "Look at the sender's own log, or at a proxy in between."),
    "slow": ("too slow", "Look at the network between the sender and opos."),
}
"""What each reason is called, and what to do about it."""


class Rejected(NamedTuple):
    """The rejections at one place for one reason: how many since when, and of the last one its time, its network and a
    detail. `place` is a source, `ping/` and a heartbeat, or a name that opos.yaml does not have.
    """

    place: str
    reason: Reason
    times: int
    since: str
    last: str
    network: str
    detail: str = ""

    @property
    def words(self) -> str:
        """The reason in words, such as `timestamp 3,600 s old`."""
        return f"{_words(self.reason)[0]} {self.detail}".rstrip()

    @property
    def advice(self) -> str:
        return _words(self.reason)[1]


def _words(reason: Reason) -> tuple[str, str]:
    """A reason of a later release has only its name."""
    return WORDS.get(reason, (reason, ""))


def rejection(fault: OposError, request: HttpRequest, config: "Config", now: datetime) -> Rejected | None:
    """The count of one request that was answered with *fault*; None if that is no rejection."""
    known = _known_place(request.path, config)
    reason = _reason(fault, request.path)
    if reason is None:
        return None
    if reason == "method" and request.path.startswith("/webhooks/ping/"):
        known = OTHER_PINGS  # else the time of the answer would say whether there is such a heartbeat
    place = _shown_name(request.path) if reason == "unknown_source" else known
    time = iso(now)
    return Rejected(place, reason, 1, time, time, network(request.caller), _detail(fault, request))


def _known_place(path: str, config: "Config") -> str:
    match path.strip("/").split("/"):
        case ["webhooks", "v2", "enqueue"]:
            names = [name for name, source in config.sources.items() if source.scheme == "pagerduty-events"]
            return names[0] if len(names) == 1 else "v2/enqueue"
        case ["webhooks", "ping", name, *_]:
            return f"ping/{name}" if name in config.heartbeats else OTHER_PINGS
        case ["webhooks", name] if name in config.sources:
            return name
    return OTHER_PATHS


def _reason(fault: OposError, path: str) -> Reason | None:
    if isinstance(fault, Unauthorized):
        return fault.failed
    if isinstance(fault, NotFound):
        return "unknown_heartbeat" if path.startswith("/webhooks/ping/") else "unknown_source"
    return next((reason for kind, reason in _OF_FAULTS if isinstance(fault, kind)), None)


def _shown_name(path: str) -> str:
    name = path.removeprefix("/webhooks/")
    return name if _NAME.fullmatch(name) else OTHER_PATHS


def _detail(fault: OposError, request: HttpRequest) -> str:
    if isinstance(fault, Unauthorized):
        return fault.detail
    if isinstance(fault, MethodNotAllowed):
        return request.method if request.method in _METHODS else "that HTTP does not define"
    return ""


def network(address: str) -> str:
    """The network of *address*: the first 24 bits of IPv4, 48 of IPv6; empty if it is not an address."""
    try:
        host = ip_address(address)
    except ValueError:
        return ""
    if isinstance(host, IPv6Address):
        return network(str(host.ipv4_mapped)) if host.ipv4_mapped else str(ip_network((int(host), 48), strict=False))
    return str(ip_network((int(host), 24), strict=False))


def merged(counts: Iterable[Rejected], now: datetime) -> list[Rejected]:
    """*counts* with one for each place and reason, the latest last; of unknown names, only the most frequent."""
    sums: dict[tuple[str, Reason], Rejected] = {}
    for count in counts:
        key = count.place, count.reason
        sums[key] = _sum(sums[key], count) if key in sums else count
    recent = [count for count in sums.values() if count.last > iso(now - KEEP)]
    unknown = [count for count in recent if count.reason == "unknown_source" and count.place != OTHER_PATHS]
    dropped = {count.place for count in sorted(unknown, key=lambda count: (-count.times, count.since))[UNKNOWN_NAMES:]}
    if dropped:
        is_dropped = [count.reason == "unknown_source" and count.place in dropped for count in recent]
        pairs = zip(recent, is_dropped, strict=True)
        return merged((count._replace(place=OTHER_PATHS) if drop else count for count, drop in pairs), now)
    ends = iso(now)  # a clock that was set back must not make a rejection last
    return sorted((count._replace(last=min(count.last, ends)) for count in recent), key=lambda count: count.last)


def _sum(known: Rejected, more: Rejected) -> Rejected:
    first, latest = sorted((known, more), key=lambda count: count.last)
    return latest._replace(times=first.times + latest.times, since=min(first.since, latest.since))


def by_status(counts: Iterable[Rejected], sources: Collection[str]) -> dict[tuple[str, int], int]:
    """How many requests were answered with each status, by source; `unknown` for all that no source was sent."""
    sums: Counter[tuple[str, int]] = Counter()
    for count in counts:
        sums[count.place if count.place in sources else "unknown", STATUSES.get(count.reason, 400)] += count.times
    return dict(sums)


def as_text(counts: Iterable[Rejected]) -> str:
    return json.dumps(list(counts), ensure_ascii=False)


def from_text(text: str) -> list[Rejected]:
    """The inverse of `as_text`. Reasons of a later release stay as they are."""
    return [Rejected(str(place), cast("Reason", reason), *rest) for place, reason, *rest in json.loads(text)]


def watched(config: "Config") -> Collection[str]:
    """The sources of which a rejection means something: a deploy sends its own one webhook that must be rejected."""
    smoke = {config.deploy.smoke} if config.deploy else set()
    return config.sources.keys() - smoke


def rejected_sources(
    counts: Iterable[Rejected], accepted: Mapping[str, str], names: Collection[str], now: datetime
) -> dict[str, Rejected]:
    """The last rejection of each of the sources *names* of which nothing was accepted since, within LASTS.

    *accepted* has the time of each source's last accepted event. A request with another method, or one that breaks
    off, is no webhook of the sender.
    """
    since = iso(now - LASTS)
    return {
        count.place: count
        for count in sorted(counts, key=lambda count: count.last)
        if count.place in names
        and STATUSES.get(count.reason) in {401, 413}
        and count.last > max(accepted.get(count.place, ""), since)
    }
