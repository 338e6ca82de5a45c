"""Many signed webhooks against a bundle that is killed again and again: nothing accepted may be lost or done twice.

Run by tests/e2e/test_torture.py in a short form; by hand for the whole:
`python -m tests.torture --webhooks 2000 --kills 50`. Traffic goes to loopback only, and everything ends by itself.
"""

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.ports import Store
from shared.runtime import Runtime, Settings
from shared.sources import standard_webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONFIG = """
owner: me@example.com
sources:
  app:
    scheme: standard-webhooks
    secrets: [APP_SECRET]
    alert: {title: data.title, severity: data.severity, status: data.status, fingerprint: data.fingerprint}
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk, window: 5m, size: 5}
"""


@dataclass
class Report:
    webhooks: int = 0
    unique: int = 0
    kills: int = 0
    seconds: float = 0.0
    attempts: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    lost: list[str] = field(default_factory=list)
    handled_twice: list[str] = field(default_factory=list)
    pages_expected: int = 0
    pages_sent: int = 0
    pages_missing: list[str] = field(default_factory=list)
    pages_shown: int = 0
    shown_again: int = 0
    sent_again: int = 0
    in_two_digests: int = 0
    digested: int = 0
    dead_letters: int = 0

    def count(self, answer: str) -> None:
        self.answers[answer] = self.answers.get(answer, 0) + 1


@dataclass
class Bundle:
    """`opos up` as a process group that can be killed and started again on the same data."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "APP_SECRET": SECRET, "OPOS_STORE": f"sqlite:///{self.data}/opos.db"}

    def start(self) -> None:
        command = [sys.executable, "-m", "opos", "up", "--data", str(self.data), "--port", str(self.port)]
        command += ["--config", str(self.data / "opos.yaml"), "--flags", str(self.data / "flags.yaml")]
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def is_up(self) -> bool:
        try:
            return post(self.port, b"", {}, path="/livez", method="GET")[0] == 200
        except OSError:
            return False

    def await_up(self) -> None:
        until(self.is_up, seconds=60, what="the bundle to answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Any, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


def post(
    port: int, body: bytes, headers: dict[str, str], *, path: str = "/webhooks/app", method: str = "POST"
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as fault:
        raise ConnectionError(str(fault)) from fault
    finally:
        connection.close()


def webhooks(count: int, rng: random.Random) -> list[tuple[str, bytes]]:
    """*count* deliveries, a third of them repeats of others, in random order. Each has its own alert."""
    unique = count - count // 3
    made = [(f"msg_{n}", _body(n)) for n in range(unique)]
    deliveries = made + [rng.choice(made) for _ in range(count - unique)]
    rng.shuffle(deliveries)
    return deliveries


def _body(n: int) -> bytes:
    severity = ("critical", "warning", "info")[n % 3]
    data = {"title": f"Trouble {n}", "severity": severity, "status": "firing", "fingerprint": f"f{n}"}
    return json.dumps({"type": "trouble", "data": data}).encode()


def send_until_answered(port: int, delivery: tuple[str, bytes], report: Report, stop_at: float) -> None:
    """As a good sender does: sign anew and try again until a 2xx answer."""
    id, body = delivery
    while time.monotonic() < stop_at:
        report.attempts += 1
        headers = standard_webhooks.SCHEME.sign(body, SECRET, now=datetime.now(UTC), delivery=id, event_type="")
        try:
            status, _ = post(port, body, {"content-type": "application/json", **headers})
        except OSError:
            report.count("no answer")
            time.sleep(0.1)
            continue
        report.count(str(status))
        if 200 <= status < 300:
            report.accepted += 1
            return
        time.sleep(0.1)


def kill_again_and_again(bundle: Bundle, kills: int, rng: random.Random, report: Report, busy: threading.Event) -> None:
    for _ in range(kills):
        bundle.await_up()
        time.sleep(rng.uniform(0, 0.6))
        bundle.kill()
        report.kills += 1
        bundle.start()
    busy.clear()


def torture(count: int, kills: int, *, seed: int = 1, limit: float = 600) -> Report:
    """Send *count* webhooks while killing the bundle *kills* times; then let it settle, and look at the store."""
    rng, report, began = random.Random(seed), Report(webhooks=count), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="opos-torture-") as folder:
        data = Path(folder)
        (data / "opos.yaml").write_text(CONFIG)
        (data / "flags.yaml").write_text("flags: {}\n")
        bundle = Bundle(data, free_port())
        observer = Runtime(Settings.from_environment(bundle.environment))
        bundle.start()
        try:
            _send_and_kill(bundle, webhooks(count, rng), kills, rng, report, began + limit)
            _settle(observer.store, seconds=limit)
            _judge(observer.store, report)
            _judge_terminal((data / "log").read_text(errors="replace"), report)
        finally:
            bundle.kill()
            observer.close()
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _send_and_kill(
    bundle: Bundle, deliveries: list[tuple[str, bytes]], kills: int, rng: random.Random, report: Report, stop_at: float
) -> None:
    """Webhooks arrive at such a pace that they last as long as the killing does."""
    bundle.await_up()
    busy = threading.Event()
    busy.set()
    killer = threading.Thread(target=kill_again_and_again, args=(bundle, kills, rng, report, busy))
    killer.start()
    pace = kills * 1.5 / len(deliveries)

    def one(delivery: tuple[str, bytes]) -> None:
        if busy.is_set():
            time.sleep(pace * 16)
        send_until_answered(bundle.port, delivery, report, stop_at)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, deliveries))
    killer.join()
    bundle.await_up()


def _settle(store: Store, *, seconds: float) -> None:
    """Wait until nothing is accepted but unhandled, and no page is on its way: the minute ticks see to it."""

    def settled() -> bool:
        waiting = store.count("events", where=[("state", "==", "accepted")])
        moving = store.count("outbox", where=[("due_at", ">", "")]) + store.count(
            "digests", where=[("due_at", ">", "")]
        )
        return waiting + moving == 0

    until(settled, seconds=seconds, what="the bundle to settle")


def _judge(store: Store, report: Report) -> None:
    events = {doc.data["delivery_id"]: doc for doc in store.query("events") if doc.data["source"] == "app"}
    expected = {f"msg_{n}": n for n in range(report.webhooks - report.webhooks // 3)}
    report.unique = len(expected)
    alerts = {doc.data["title"]: doc for doc in store.query("alerts")}
    pages = Counter(doc.data["notice"]["title"] for doc in store.query("outbox") if doc.data["state"] == "sent")
    report.lost = [id for id in expected if id not in events or events[id].data["state"] != "handled"]
    report.handled_twice = [title for title, doc in alerts.items() if doc.data["count"] != 1]
    critical = [f"Trouble {n}" for n in expected.values() if n % 3 == 0]
    report.pages_expected, report.pages_sent = len(critical), sum(pages[title] for title in critical)
    report.pages_missing = [title for title in critical if pages[title] != 1]
    report.sent_again = sum(doc.data["attempts"] - 1 for doc in store.query("outbox"))
    members = Counter(member for doc in store.query("digests") for member in doc.data["members"])
    report.digested, report.in_two_digests = len(members), sum(1 for times in members.values() if times > 1)
    report.dead_letters = store.count("dead_letters")


def _judge_terminal(log: str, report: Report) -> None:
    """What a person would have seen: each page by its key, and how many of them more than once."""
    shown = Counter(re.findall(r"^PAGE Trouble \d+ \[(\w+)\]$", log, re.MULTILINE))
    report.pages_shown, report.shown_again = len(shown), shown.total() - len(shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--webhooks", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    report = torture(arguments.webhooks, arguments.kills, seed=arguments.seed)
    sys.stdout.write(json.dumps(asdict(report), indent=2) + "\n")


if __name__ == "__main__":
    main()
