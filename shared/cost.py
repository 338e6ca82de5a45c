"""The cost of a month on Google Cloud: counted operations times dated list prices, minus the free tier.

tests/e2e/test_budget.py counts the operations and measures the documents, and fails if a figure here is wrong.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

Operations = Counter[str]

COSTS: dict[str, Operations] = {
    "event": Counter(writes=4, reads=2),
    "digest": Counter(writes=2, reads=4),
    "overview": Counter(reads=11),
    "critical": Counter(writes=6, reads=4),
}
"""Firestore operations: of an event that goes into a digest, of the digest itself (including the counts until it is
full), of the overview in the first digest of a day, and of an event that notifies."""
CLAIM: Operations = Counter(writes=1)
"""What an event adds if its delivery id is not signed, as with GitHub, Sentry and Shopify: 0.15 KiB for 400 days."""
RECOGNISED: Operations = Counter(writes=1)
"""What an event adds if its sender sends deliveries again without an id, as Alertmanager and Grafana do: 0.2 KiB for a
minute."""
TICK: Operations = Counter(writes=2, reads=27)
"""Operations of a sweep that finds nothing stuck; most of them are those of the checks."""
KIB_KEPT = {"event": 5.85, "digest": 3.3, "critical": 7.85}
"""What the store keeps of each for a year, with index entries. An event includes its part of an alert,
and 2 KiB are the terms of both, by which they are found (ADR 52); `critical` also
includes a notification. The bodies are GitHub's published examples, which are long: 9.7 KiB as sent, 1.5 KiB as stored.
Bodies as short as those in tests/payloads would need 1.3 KiB less.
"""
INVOCATIONS = {"event": 3, "digest": 1, "critical": 3}
MESSAGES = {"event": 1, "digest": 1, "critical": 1}

PRICES_AS_OF = "2026-11"
PRICES_SOURCE = "Google Cloud's list prices for one region (us-central1), in US dollars, without tax"
DAYS, MINUTES = 30, 30 * 24 * 60


@dataclass(frozen=True, slots=True)
class Price:
    """`dollars` for each `per` units; `free` units per month cost nothing."""

    name: str
    unit: str
    dollars: float
    per: float
    free: float


PRICES = (
    Price("Firestore writes", "writes", 0.09, 100_000, 20_000 * DAYS),
    Price("Firestore reads", "reads", 0.03, 100_000, 50_000 * DAYS),
    Price("Firestore storage", "GiB", 0.15, 1, 1),
    Price("Pub/Sub", "GiB", 40 / 1024, 1, 10),
    Price("Cloud Run requests", "requests", 0.40, 1_000_000, 2_000_000),
    Price("Cloud Run CPU", "vCPU-s", 0.000024, 1, 180_000),
    Price("Cloud Run memory", "GiB-s", 0.0000025, 1, 360_000),
    Price("Cloud Scheduler", "jobs", 0.10, 1, 3),
)

MONTHS_KEPT = 12
SECONDS_PER_REQUEST, VCPU, GIB = 0.1, 1, 0.5
"""Billed time is rounded up to 100 ms; an instance has one vCPU and 512 MiB."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill; `gross` is its cost without the free tier."""

    name: str
    quantity: float
    unit: str
    free: float
    dollars: float
    gross: float


def bill(events_per_day: int, *, critical: float, digest_size: int) -> list[Line]:
    """The bill of a month. The fraction *critical* of the events notifies, the rest fills digests of *digest_size*."""
    used = _quantities(events_per_day * DAYS, critical=critical, digest_size=digest_size)
    return [_line(price, used[price.name]) for price in PRICES]


def _line(price: Price, quantity: float) -> Line:
    each, billed = price.dollars / price.per, max(0.0, quantity - price.free)
    return Line(price.name, quantity, price.unit, price.free, billed * each, quantity * each)


def _quantities(events: float, *, critical: float, digest_size: int) -> dict[str, float]:
    counts = {"critical": events * critical, "event": events * (1 - critical)}
    counts["digest"] = counts["event"] / digest_size
    counts["overview"] = min(counts["digest"], DAYS)
    requests = sum(INVOCATIONS.get(kind, 0) * count for kind, count in counts.items()) + MINUTES
    messages = sum(MESSAGES.get(kind, 0) * count for kind, count in counts.items()) + MINUTES
    operations = dict(_operations(counts))
    kept = sum(KIB_KEPT.get(kind, 0) * count for kind, count in counts.items())
    return {
        "Firestore writes": operations["writes"] + TICK["writes"] * MINUTES,
        "Firestore reads": operations["reads"] + TICK["reads"] * MINUTES,
        "Firestore storage": kept * MONTHS_KEPT / 1024**2,
        "Pub/Sub": 2 * messages / 1024**2,  # at least 1 KiB, once in and once out
        "Cloud Run requests": requests,
        "Cloud Run CPU": requests * SECONDS_PER_REQUEST * VCPU,
        "Cloud Run memory": requests * SECONDS_PER_REQUEST * GIB,
        "Cloud Scheduler": 1,
    }


def _operations(counts: dict[str, float]) -> Iterator[tuple[str, float]]:
    for name in ("writes", "reads"):
        yield name, sum(COSTS[kind][name] * count for kind, count in counts.items())
