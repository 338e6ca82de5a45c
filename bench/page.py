"""From a webhook sent to its page handed to the channel, through the whole embedded bundle, one at a time."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from time import monotonic, sleep

from bench.serving import SECRET, prepare, serve_bundle
from shared.runtime import Runtime, Settings
from shared.sources import standard_webhooks

COUNT = 300


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = prepare(folder)
        store = Runtime(Settings.from_environment(environment)).store
        with serve_bundle(folder, environment) as server:
            server.first_answer("GET", "/livez", b"")
            sent: dict[str, datetime] = {}
            for n in range(COUNT):
                body = json.dumps(
                    {"type": "t", "data": {"id": f"{n}", "title": f"T{n}", "severity": "critical"}}
                ).encode()
                sent[f"T{n}"] = now = datetime.now(UTC)
                headers = standard_webhooks.SCHEME.sign(body, SECRET, now=now, delivery=str(n), event_type="")
                if server.ask("POST", "/webhooks/app", body, headers) != 202:
                    raise SystemExit("the bundle did not accept a webhook")
                sleep(0.01)
            deadline = monotonic() + 60
            while store.count("outbox", where=[("state", "==", "sent")]) < COUNT and monotonic() < deadline:
                sleep(0.1)
            took = [
                (datetime.fromisoformat(doc.data["receipt"]["at"]) - sent[doc.data["notice"]["title"]]).total_seconds()
                for doc in store.query("outbox")
            ]
            cuts = quantiles(took, n=100)
            print(f"webhook to page: p50 {cuts[49] * 1000:.1f} ms  p99 {cuts[98] * 1000:.1f} ms  of {len(took)}")
            print(f"memory of the whole bundle: {server.memory_mb():.0f} MiB")


if __name__ == "__main__":
    main()
