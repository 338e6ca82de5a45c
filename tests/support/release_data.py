"""Makes the data file of a release, by running that release's own code: see tests/data/releases/README.md.

Usage: python -m tests.support.release_data CHECKOUT NAME
"""

import gzip
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from opos.bundle.ports import free_port

FOLDER = Path(__file__).parents[1] / "data" / "releases"
TOKEN = "a-token-of-the-tests"
CONFIG = """\
owner: me@example.com
timezone: Europe/Berlin
sources:
  alertmanager: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN]}
  shop:
    scheme: bearer
    secrets: [ALERTMANAGER_TOKEN]
    alert: {when: "type == 'order.stuck'", title: data.title, severity: warning, fingerprint: data.order}
    event: {title: data.title, amount: data.amount, currency: data.currency}
channels: {desk: {console: true}}
digest: {channel: desk, window: 5m, size: 3}
"""
SLOW = "{matchers: [alertname=Slow], interrupt_from: warning, auto_pause: 15m}"
SECTIONS = (
    ("route: {channel: desk, group_by: [alertname], routes: [" + SLOW + "]}\n", "route: {channel: desk}\n"),
    ("heartbeats: {backup: {}, nightly: {every: 1s, grace: 0s}}\n", "heartbeats: {backup: {}}\n"),
    ('review: {channel: desk, cron: "* * * * *"}\n', ""),
    ("focus: {budget: {interruptions_per_day: 100}, night: {from: '22:00', to: '07:00', factor: 3}}\n", ""),
)  # fmt: skip
"""Sections of opos.yaml, each as later releases know it and as all do."""
FLAGS = "flags: {everyone: {enabled: true}, quarter: {enabled: true, rollout: 25}}\n"
COMMANDS = (
    "alerts ack {DiskFull}", "alerts snooze {ApiDown} 30d", "alerts resolve {Gone}", "focus 30d",
    "flags override everyone off --for 30d --why why",
)  # fmt: skip
"""What the operator does; a release may lack some of these commands."""
PATIENCE = 100
"""Seconds that the bundle runs: at least one whole minute, so that it sweeps twice."""


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@dataclass
class Release:
    """The bundle of a release, seen from outside."""

    checkout: Path
    data: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OPOS_")}
        return {**clean, "PYTHONPATH": str(self.checkout), "ALERTMANAGER_TOKEN": TOKEN}

    def command(self, *words: str) -> list[str]:
        files = ["--config", str(self.data / "opos.yaml"), "--flags", str(self.data / "flags.yaml")]
        return [sys.executable, "-m", "opos", *words, "--data", str(self.data), *files]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words), check=False, capture_output=True, text=True, env=self.environment, cwd=self.data
        )
        say(f"{' '.join(words)}: {done.returncode} {done.stderr.strip()[:80]}")
        return done

    def request(self, path: str, body: bytes | None = None) -> int:
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}"
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return 0

    def send(self, source: str, payload: Any) -> None:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        status = self.request(f"/webhooks/{source}", body)
        assert status == 202, (source, status)

    def alerts(self) -> dict[str, str]:
        """The ids of the alerts by their rules."""
        with sqlite3.connect(self.data / "opos.db") as db:
            docs = [json.loads(row[0]) for row in db.execute("SELECT data FROM docs WHERE collection = 'alerts'")]
            paths = [row[0] for row in db.execute("SELECT path FROM docs WHERE collection = 'alerts'")]
        titles = [str(doc["title"]).partition(":")[0] for doc in docs]
        return dict(zip(titles, (path.partition("/")[2] for path in paths), strict=True))


def configure(release: Release) -> None:
    """Writes opos.yaml with those of SECTIONS that the release knows."""
    (release.data / "flags.yaml").write_text(FLAGS)
    text = CONFIG + "".join(plain for _, plain in SECTIONS)
    for rich, plain in SECTIONS:
        tried = text.replace(plain, rich) if plain else text + rich
        (release.data / "opos.yaml").write_text(tried)
        text = tried if release.run("verify").returncode == 0 else text
    (release.data / "opos.yaml").write_text(text)


numbers = count()


def fire(release: Release, name: str, severity: str, status: str = "firing") -> None:
    alert = {
        "status": status, "fingerprint": name, "startsAt": f"2026-11-20T09:{next(numbers):02}:00Z",
        "labels": {"alertname": name, "severity": severity, "instance": "db-1"},
        "annotations": {"summary": f"{name} on db-1", "description": "Look at the dashboard."},
        "generatorURL": "https://prometheus.example/graph",
    }  # fmt: skip
    release.send("alertmanager", {"status": status, "groupKey": name, "alerts": [alert]})


def play(release: Release, log: Path) -> None:
    """Everything that a bundle stores: alerts in every state, digests, silences, overrides, heartbeats, quarantine."""
    release.run("silence", "add", "alertname=Muted", "--for", "30d", "--why", "maintenance")
    for name, severity in (("DiskFull", "critical"), ("ApiDown", "critical"), ("Gone", "critical"), ("Slow", "warning"),
                           ("Muted", "warning"), ("CertSoon", "info"), ("Flaps", "warning"), ("Open", "critical")):  # fmt: skip
        fire(release, name, severity)
    for number in range(4):
        fire(release, "Flaps", "warning", "resolved" if number % 2 == 0 else "firing")
    for order in range(4):
        data = {"title": f"Order {order} paid", "amount": 4900, "currency": "eur", "order": str(order)}
        release.send("shop", {"type": "order.paid", "data": data})
    release.send("shop", {"type": "order.stuck", "data": {"title": "Order 7 is stuck", "order": "7"}})
    release.send("shop", b"{not json")
    for path in ("/webhooks/ping/backup", "/webhooks/ping/nightly", "/flags/ofrep/v1/evaluate/flags/everyone"):
        release.request(path, b'{"context": {"targetingKey": "u1"}}')
    time.sleep(8)
    ids = release.alerts()
    for words in COMMANDS:
        release.run(*words.format(**ids).split(" "))
    for link in re.findall(r"http\S+/ack/[\w.-]+", log.read_text())[:1]:
        say(f"acknowledged by a link: {release.request(link, b'')}")


def make(checkout: Path, name: str) -> None:
    """Writes the data file of the release in *checkout*, compressed, and its configuration."""
    with tempfile.TemporaryDirectory(prefix="opos-release-") as folder:
        release, log = Release(checkout, Path(folder), free_port()), Path(folder) / "log"
        configure(release)
        up = release.command("up", "--port", str(release.port))
        with log.open("wb") as out:
            process = subprocess.Popen(up, stdout=out, stderr=out, env=release.environment, cwd=folder)
        began = time.monotonic()
        try:
            while release.request("/livez") != 200 and release.request("/health") not in {200, 503}:
                assert process.poll() is None, log.read_text()[-3000:]
                time.sleep(0.2)
            play(release, log)
            time.sleep(max(0, PATIENCE - (time.monotonic() - began)))
            fire(release, "Last", "critical")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        with sqlite3.connect(release.data / "opos.db") as db:
            say(str(db.execute("SELECT collection, count(*) FROM docs GROUP BY 1").fetchall()))
            db.execute("VACUUM INTO ?", [f"{folder}/whole.db"])
        (FOLDER / f"{name}.yaml").write_text((release.data / "opos.yaml").read_text())
        (FOLDER / f"{name}.db.gz").write_bytes(gzip.compress(Path(folder, "whole.db").read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve(), sys.argv[2])
