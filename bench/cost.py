"""What an event costs in the operations that Firestore bills, and what a month of them costs, beside hosted services.

The operations are counted, not computed: the whole bundle takes webhooks over HTTP on a store that counts. "Digest
included" is all that five warnings cost, from the webhook to the digest that they close, divided by five; the digest's
own operations are in it, and are fewer an event in a bigger one. What is kept is weighed by Firestore's rules after the
same way: of every payload in tests/payloads, which are shortened, and of the bodies that GitHub publishes whole. The
bill is that of shared/cost.py for digests of five and one event in a hundred that pages, with Google's free tier and
without.

Not fair: a bill counts no hour of the person who runs it; a hosted service brings apps, telephone calls and people.
None of them does all of what opos does, and each does something that opos does not; what a plan includes stands beside
its price. Prices are quoted, with the day on which they were read, and not asked for today.
"""

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bench.result import Goal, Result, Table
from shared.cost import DAYS, PRICES_AS_OF, SECONDS_PER_REQUEST, Line, bill
from shared.telemetry import setup as telemetry
from tests.support import document_weight as weighing
from tests.support import requirements as needs
from tests.support.bundle import Bundle

DIGEST, CRITICAL = 5, 0.01
A_DAY = (1_000, 10_000, 100_000)
ROUNDS = 3
OPERATIONS = ("writes", "reads", "deletes")
MOST_WRITES, MOST_READS, MOST_DOLLARS = 4, 3, 5
CENTS = 0.05
"""What a line must come to before it is worth naming."""
EVENT, PAGE, MINUTE = "non-critical event, digest included", "critical event", "minute in which nothing happens"
NEXT = "non-critical event, each more in the same digest"
SHORT, WHOLE = "payloads of the tests KiB", "with GitHub's bodies KiB"
FREE, ALL = "dollars", "dollars, nothing free"
Rows = dict[str, dict[str, list[float]]]


def measure(*, quick: bool) -> Result:
    counted = Table("operations", counting(2 if quick else ROUNDS))
    kept, missing = weighed()
    bills = Table("a month of so many events a day", {f"{events:,}": month(events) for events in A_DAY})
    listed = yaml.safe_load(Path(__file__).with_name("prices.yaml").read_text())
    hosted = Table("hosted, a month at 10,000 events a day", {**ours(bills), **others(listed["prices"], 10_000)})
    tables, told = [counted, kept, bills, hosted], [*notes(listed), *bounds(10_000)]
    return Result(tables, goals(counted, bills), missing={**listed["left_out"], **missing}, notes=told)


def weighed() -> tuple[Table, dict[str, str]]:
    """What an event leaves, and what could not be weighed. It is the same each time, so once is enough."""
    with tempfile.TemporaryDirectory(prefix="opos-bench-") as folder, _running(Bundle(Path(folder))) as bundle:
        seen = {SHORT: weighing.payloads(bundle)}
    if needs.OCTOKIT.exists():
        seen[WHOLE] = {**seen[SHORT], **weighing.github()}
    rows: Rows = {}
    for column, parts in seen.items():
        for part, kib in _kept(parts).items():
            rows.setdefault(part, {})[column] = [kib]
    missing = {} if WHOLE in seen else {"GitHub's examples": "tests/conformance/fetch_octokit.sh brings them"}
    return Table("kept of an event", rows), missing


def _kept(seen: dict[str, float]) -> dict[str, float]:
    beside = sum(seen[part] for part in weighing.BESIDE_THE_BODY) + seen["a digest"] / DIGEST
    whole = {f"all of it, {body}": seen[body] + beside for body in ("body as sent", "body as kept")}
    return {**seen, f"its share in a digest of {DIGEST}": seen["a digest"] / DIGEST, **whole}


def counting(rounds: int) -> Rows:
    rows: Rows = {row: {operation: [] for operation in OPERATIONS} for row in (EVENT, NEXT, PAGE, MINUTE)}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="opos-bench-") as folder:
            _note(rows, Bundle(Path(folder)))
    return rows


def _note(rows: Rows, bundle: Bundle) -> None:
    with _running(bundle):
        for row, billed in _round(bundle):
            for operation in OPERATIONS:
                rows[row][operation].append(billed.get(operation, 0))


@contextmanager
def _running(bundle: Bundle) -> Iterator[Bundle]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    bundle.start()
    telemetry.configure(level="critical")
    try:
        yield bundle
    finally:
        bundle.stop()


def _round(bundle: Bundle) -> Iterator[tuple[str, Mapping[str, float]]]:
    """A process counts what waits once, and the first tick of an hour and the first digest of a day do more: they are
    left out. A digest of many less one of few is what so many more events cost.
    """
    bundle.tick(minutes=1)
    yield MINUTE, _billed(bundle, lambda: bundle.tick(minutes=1))
    _send(bundle, DIGEST, "first")
    yield EVENT, _share(_billed(bundle, lambda: _send(bundle, DIGEST, "second")), DIGEST)
    yield PAGE, _billed(bundle, lambda: _send(bundle, 1, "page", severity="critical"))
    bundle.configure("\ndigest: {channel: inbox, window: 5m}\n")
    few, many = (_billed(bundle, partial(_digest, bundle, size)) for size in (DIGEST, 3 * DIGEST))
    yield NEXT, _share(many - few, 2 * DIGEST)


def _billed(bundle: Bundle, run: Callable[[], object]) -> Counter[str]:
    before = Counter(bundle.store.billed)
    run()
    return bundle.store.billed - before


def _share(billed: Counter[str], events: int) -> dict[str, float]:
    return {operation: count / events for operation, count in billed.items()}


def _send(bundle: Bundle, events: int, name: str, *, severity: str = "warning") -> None:
    """New troubles, each with all that it leads to."""
    for n in range(events):
        answer = bundle.trouble(f"{name}-{n}", severity=severity)
        assert answer.status == 202, answer.text  # noqa: S101
        bundle.settle()


def _digest(bundle: Bundle, events: int) -> None:
    _send(bundle, events, f"of {events}")
    bundle.tick(minutes=5)


def month(events: int) -> dict[str, list[float]]:
    lines = _bill(events)
    each = {f"{line.name} $": [line.gross] for line in lines}
    return {FREE: [sum(line.dollars for line in lines)], ALL: [sum(line.gross for line in lines)], **each}


def _bill(events: int) -> list[Line]:
    return bill(events, critical=CRITICAL, digest_size=DIGEST)


def ours(bills: Table) -> Rows:
    found = bills.rows["10,000"]
    return {"opos": {"dollars": list(found[FREE])}, "opos, nothing free": {"dollars": list(found[ALL])}}


def others(prices: list[dict[str, Any]], events: int) -> Rows:
    """Those whose plan, with what its page says that more events cost, is enough for so many a day."""
    enough = [one for one in prices if not _is_short(one, events * DAYS)]
    return {f"{one['name']}, {one['plan']}": {"dollars": [_asked(one, events * DAYS)]} for one in enough}


def _is_short(one: Mapping[str, Any], events: int) -> bool:
    return one["events"] is not None and one["events"] < events and "per_more" not in one


def _asked(one: Mapping[str, Any], events: int) -> float:
    beyond = max(0, events - one["events"]) if "per_more" in one else 0
    return float(one["dollars"] + beyond / one.get("more", 1) * one.get("per_more", 0))


def notes(listed: Mapping[str, Any]) -> Iterator[str]:
    yield f"Google's prices are those of {PRICES_AS_OF}"
    for one in listed["prices"]:
        less = "; not enough for 10,000 events a day, so not in the table" if _is_short(one, 10_000 * DAYS) else ""
        yield (
            f"{one['name']}, {one['plan']}: ${one['dollars']} for {one['includes']}{less}"
            f" ({one['source']}, {one['date']}, quoted by {one['by']})"
        )


def bounds(events: int) -> Iterator[str]:
    """What keeps the bill from being smaller, the most first."""
    lines = sorted(_bill(events), key=lambda line: line.gross, reverse=True)
    beside = sum(line.gross for line in lines if line.name != "Firestore storage")
    each = ", ".join(f"{line.name} {line.gross:.2f}" for line in lines if line.gross >= CENTS)
    yield f"{events:,} events a day, in dollars a month with nothing free: {each}; {beside:.2f} without any storage"
    yield (
        f"CPU and writes bound it: Cloud Run bills {SECONDS_PER_REQUEST} s a request at least, for two requests an"
        " event and one a digest, and an event has four writes (ADR 6)"
    )


def goals(counted: Table, bills: Table) -> list[Goal]:
    return [
        Goal(f"writes of a {EVENT}", counted.middle(EVENT, "writes"), MOST_WRITES),
        Goal(f"reads of a {EVENT}", counted.middle(EVENT, "reads"), MOST_READS),
        Goal("dollars a month at 10,000 events a day, nothing free", bills.middle("10,000", ALL), MOST_DOLLARS),
    ]
