"""Thousands of items for digests, sent as mail, while who sends them is killed around claim, send and receipt.

`python -m tests.torture.digests --backend emulators --items 5000 --kills 120`
"""

import argparse
import json
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shared.ports import Store
from shared.services.outbox.message import key_of
from tests.torture.bundles import BUNDLES, CONFIG, Bundle
from tests.torture.mailbox import Mailbox, by_id, mailbox, plain_text
from tests.torture.run import settle
from tests.torture.senders import Delivery, send_all, trouble

BY_MAIL = CONFIG.replace("{apprise: PHONE_URL}", "{email: PHONE_URL, to: me@example.com}").replace(
    "30s", "10s, messages_per_minute: 10000"
)
SENDERS = ("digest_sender", "digest_sender", "digest_sender", "sweeper", "alert_router")
"""Who is killed where each function is a process of its own: mostly who claims and sends."""


@dataclass
class Report:
    """Each list names what is wrong, and must be empty. `again` counts the mails that came more than once."""

    backend: str
    items: int
    kills: dict[str, int]
    seconds: float = 0.0
    digests: int = 0
    mails: int = 0
    again: int = 0
    in_no_digest: list[str] = field(default_factory=list)
    in_two_digests: list[str] = field(default_factory=list)
    not_mailed: list[str] = field(default_factory=list)
    of_no_digest: list[str] = field(default_factory=list)
    other_items: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def faults(self) -> dict[str, list[str]]:
        return {name: value for name, value in vars(self).items() if isinstance(value, list) and value}


def torture_digests(
    backend: str, items: int, kills: int, *, pace: float = 1.0, seed: int = 1, limit: float = 1800
) -> Report:
    """*items* alerts, none of them critical, while there are *kills*, each about *pace* seconds after the one before."""
    rng, began, stages = random.Random(seed), time.monotonic(), Counter[str]()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-digests-")))
        box = stack.enter_context(mailbox(delay=0.05))
        bundle = stack.enter_context(BUNDLES[backend](folder, box.url, config=BY_MAIL))
        killer = threading.Thread(target=_kill, args=(bundle, box, kills, pace, rng, stages), daemon=True)
        killer.start()
        per_second = items / max(kills * (pace + 2), 5)  # a kill takes its restart, and the mail that it waits for
        sent = send_all(bundle.port, _deliveries(items, rng), per_second=per_second, limit=limit)
        assert sent.accepted == items + items // 10
        killer.join()
        settle(bundle.store, seconds=limit)
        report = Report(backend, items, dict(stages))
        _judge(bundle.store, box, report)
        report.seconds = round(time.monotonic() - began, 1)
        return report


def _deliveries(items: int, rng: random.Random) -> list[Delivery]:
    """Each item once, and a tenth of them once more."""
    made = [trouble(n, n, "warning" if n % 3 else "info") for n in range(items)]
    return made + rng.choices(made, k=items // 10)


def _kill(bundle: Bundle, box: Mailbox, kills: int, pace: float, rng: random.Random, stages: Counter[str]) -> None:
    while len(bundle.kills) < kills:
        time.sleep(rng.uniform(0, 2 * pace))
        stage = rng.choice(["claim", "send", "receipt"])
        if stage != "claim":
            box.wait_for("arrived" if stage == "send" else "answered", seconds=5)
        before = len(bundle.kills)
        bundle.kill(rng, among=SENDERS)
        stages[stage] += len(bundle.kills) - before


def _judge(store: Store, box: Mailbox, report: Report) -> None:
    titles = {doc.id: doc.data["title"] for doc in store.query("alerts") if doc.data["source"] == "app"}
    digests = {  # without what opos says of itself while its functions are killed
        key_of(doc): [titles[id] for id in doc.data["members"] if id in titles] for doc in store.query("digests")
    }
    carried, mails = Counter(title for members in digests.values() for title in members), by_id(box.raw)
    report.digests, report.mails = len(digests), sum(map(len, mails.values()))
    report.again = sum(len(copies) > 1 for copies in mails.values())
    report.in_no_digest = [f"Trouble {n}" for n in range(report.items) if not carried[f"Trouble {n}"]]
    report.in_two_digests = [title for title, times in carried.items() if times > 1]
    report.not_mailed = [id for id in digests if id not in mails]
    report.of_no_digest = [id for id in mails if id not in digests]
    report.changed = [id for id, copies in mails.items() if len(set(copies)) > 1]
    report.other_items = [id for id, copies in mails.items() if _items(copies[0]) != Counter(digests.get(id))]


def _items(raw: bytes) -> Counter[str]:
    """The items that a mail names, each on a line of its own."""
    return Counter(re.findall(r"^\S+ (Trouble \d+) \(", plain_text(raw), re.MULTILINE))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.torture.digests")
    parser.add_argument("--backend", choices=list(BUNDLES), default="embedded")
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=120)
    parser.add_argument("--pace", type=float, default=1.0, help="seconds between kills, on average")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = torture_digests(given.backend, given.items, given.kills, pace=given.pace, seed=given.seed)
    sys.stdout.write(json.dumps(asdict(found), indent=2) + "\n")
    sys.exit(1 if found.faults else 0)
