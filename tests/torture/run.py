"""One run: send, kill, cut, settle, judge."""

import random
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.ports import Store
from tests.torture.bundles import BUNDLES, CONFIG, Bundle
from tests.torture.judge import Verdict, judge, summary
from tests.torture.receiver import receiver
from tests.torture.records import with_records, wrong_records
from tests.torture.senders import Sent, attempt, deliveries, send_all, until

PAGES = 60
"""Enough of them a minute that many are on their way when something is killed."""


@dataclass
class Report:
    backend: str
    webhooks: int
    kills: int
    cut_seconds: float
    seconds: float
    sent: Sent
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        sent = {
            "accepted": self.sent.accepted,
            "attempts": self.sent.attempts,
            "answers": dict(self.sent.answers),
            "slowest_503_seconds": round(self.sent.slowest_refusal, 2),
        }
        said = {name: value for name, value in vars(self).items() if name not in {"sent", "verdict"}}
        return {**said, **sent, **summary(self.verdict), "faults": self.verdict.faults}


def torture(
    backend: str, count: int, kills: int, *, cut: float = 0, pace: float = 2.5, delay: float = 0.3, seed: int = 1,
    limit: float = 1800,
) -> Report:  # fmt: skip
    """Send *count* webhooks while killing *kills* times, about each *pace* seconds; with a cut of the store amidst.

    The receiver of the messages takes *delay* seconds to answer, so that some kills fall between send and receipt.
    """
    rng, began = random.Random(seed), time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-torture-")))
        phone = stack.enter_context(receiver(delay=delay))
        bundle = stack.enter_context(BUNDLES[backend](folder, phone.url, pages=PAGES, config=with_records(CONFIG)))
        webhooks = deliveries(count, rng)
        # The first webhook goes out twice, so that the cold start of the intake does not count as time of a refusal.
        until(lambda: attempt(bundle.port, webhooks[0], Sent()), seconds=60, what="the intake to accept a webhook")
        killer = threading.Thread(target=_kill, args=(bundle, kills, pace, cut, rng), daemon=True)
        killer.start()
        per_second = count / max(kills * pace + cut, 5)
        sent = send_all(bundle.port, webhooks, per_second=per_second, limit=limit)
        killer.join()
        settle(bundle.store, seconds=limit)
        verdict = judge(bundle, phone, count - count // 3)
        with suppress(TimeoutError):  # the verdict names those that are wrong
            until(lambda: not wrong_records(bundle.store), seconds=limit, what="the records")
        verdict.wrong_records = wrong_records(bundle.store)
        seconds = round(time.monotonic() - began, 1)
        return Report(backend, count, len(bundle.kills), cut, seconds, sent, verdict)


def _kill(bundle: Bundle, kills: int, pace: float, cut: float, rng: random.Random) -> None:
    halfway = kills // 2
    while len(bundle.kills) < kills:
        time.sleep(rng.uniform(0, 2 * pace))
        bundle.kill(rng)
        if cut and len(bundle.kills) == halfway:
            bundle.cut(cut)


def settle(store: Store, *, seconds: float) -> None:
    """Wait until nothing is accepted but unhandled, waits for a digest, or is on its way."""

    def settled() -> bool:
        waiting = store.count("events", where=[("state", "==", "accepted")])
        pending = store.count("alerts", where=[("pending.place", ">", "")])
        pending += store.count("alerts", where=[("calls_at", ">", "")])
        moving = [store.count(name, where=[("due_at", ">", "")]) for name in ("outbox", "digests")]
        return waiting + pending + sum(moving) == 0

    until(settled, seconds=seconds, what="the bundle to settle")
