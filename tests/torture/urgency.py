"""A critical alert beside large webhooks of warnings: how long until it notifies, and how many digests are sent.

`python -m tests.torture.urgency --webhooks 8 --alerts 4000`, and with `--resolves` the same webhooks once more as a storm
of resolves. All traffic stays on loopback, and everything ends by itself.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.torture.bundles import CONFIG, embedded
from tests.torture.receiver import Receiver, receiver
from tests.torture.senders import SECRET, post, until

AM_CONFIG = CONFIG.replace("channels:", "  alertmanager: {scheme: bearer, secrets: [APP_SECRET]}\nchannels:", 1)
HEADERS = {"content-type": "application/json", "authorization": f"Bearer {SECRET}"}
CRITICALS, APART = 5, 0.3


@dataclass
class Urgency:
    """Seconds from the request to the receiver, of the slowest and of the middle critical; `digests` are messages."""

    webhooks: int
    alerts: int
    idle: list[float] = field(default_factory=list)
    beside_warnings: list[float] = field(default_factory=list)
    beside_resolves: list[float] = field(default_factory=list)
    digests: int = 0


def urgency(webhooks: int, alerts: int, *, resolves: bool = False, limit: float = 120) -> Urgency:
    """*webhooks* of *alerts* warnings each at once, and critical ones beside them."""
    report = Urgency(webhooks, alerts)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-urgency-")))
        phone = stack.enter_context(receiver())
        bundle = stack.enter_context(embedded(folder, phone.url, pages=1000, config=AM_CONFIG))
        _criticals(bundle.port, phone, "warm", limit)  # the first message loads what a channel needs
        report.idle = _criticals(bundle.port, phone, "idle", limit)
        for status, took in (("firing", report.beside_warnings), ("resolved", report.beside_resolves)):
            if status == "firing" or resolves:
                with ThreadPoolExecutor(webhooks) as pool:
                    sent = [pool.submit(_send, bundle.port, _bulk(n, alerts, status)) for n in range(webhooks)]
                    assert [each.result() for each in sent] == [202] * webhooks
                    took.extend(_criticals(bundle.port, phone, status, limit))
                until(lambda: not _unhandled(bundle.store), seconds=limit, what="every event to be handled")
        until(lambda: _digests(phone), seconds=limit, what="a digest")
        report.digests = _digests(phone)
    return report


def _digests(phone: Receiver) -> int:
    return sum(len(times) for title, times in list(phone.arrivals.items()) if "critical" not in title)


def _unhandled(store: Any) -> int:
    return int(store.count("events", where=[("state", "==", "accepted")]))


def _criticals(port: int, phone: Receiver, name: str, limit: float) -> list[float]:
    """The middle and the longest time to notify of some critical alerts, one after the other."""
    sent: dict[str, float] = {}
    threads = []
    for number in range(CRITICALS):
        title = f"critical {name} {number}"
        sent[title] = time.monotonic()
        threads.append(threading.Thread(target=_send, args=(port, _webhook([_alert(title, "critical", "firing")]))))
        threads[-1].start()
        time.sleep(APART)
    for thread in threads:
        thread.join()
    until(lambda: all(_arrived(title, phone) for title in sent), seconds=limit, what="every critical to notify")
    took = [_arrived(title, phone)[0] - at for title, at in sent.items()]
    return [round(median(took), 2), round(max(took), 2)]


def _arrived(title: str, phone: Receiver) -> list[float]:
    return next((times for shown, times in list(phone.arrivals.items()) if title in shown), [])


def _bulk(number: int, alerts: int, status: str) -> bytes:
    return _webhook([_alert(f"w{number}-{n}", "warning", status, rule=f"Rule{n % 7}") for n in range(alerts)])


def _alert(name: str, severity: str, status: str, *, rule: str = "") -> dict[str, Any]:
    labels = {"alertname": rule or name, "severity": severity, "name": name}
    return {"status": status, "labels": labels, "fingerprint": name, "startsAt": "2026-11-20T08:00:00Z"}


def _webhook(alerts: list[dict[str, Any]]) -> bytes:
    return json.dumps({"version": "4", "groupKey": "g", "status": alerts[0]["status"], "alerts": alerts}).encode()


def _send(port: int, body: bytes) -> int:
    return post(port, body, HEADERS, path="/webhooks/alertmanager")[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.torture.urgency")
    parser.add_argument("--webhooks", type=int, default=8)
    parser.add_argument("--alerts", type=int, default=4000)
    parser.add_argument("--resolves", action="store_true")
    given = parser.parse_args()
    measured = urgency(given.webhooks, given.alerts, resolves=given.resolves, limit=600)
    sys.stdout.write(json.dumps(asdict(measured)) + "\n")
