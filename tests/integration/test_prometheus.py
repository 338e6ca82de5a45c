"""A real Prometheus, as Debian ships it, scrapes the bundle; its own checker has nothing to complain of."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from tests.e2e.conftest import bundle, embedded
from tests.support import requirements as needs
from tests.support.bundle import Bundle

__all__ = ["bundle", "embedded"]  # fixtures
pytestmark = needs.prometheus
CONFIG = """
global: {{scrape_interval: 3s, scrape_timeout: 3s}}
scrape_configs: [{{job_name: opos, static_configs: [{{targets: ["{target}"]}}]}}]
"""


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    (folder / "prometheus.yml").write_text(CONFIG.format(target=target))
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
    with (folder / "prometheus.log").open("wb") as output:
        process = start([*command, f"--web.listen-address={address}"], output=output)
    try:
        yield f"http://{address}"
    finally:
        end(process)


def asked(url: str, what: str, **query: str) -> Any:
    with urllib.request.urlopen(f"{url}/api/v1/{what}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return json.load(answer)["data"]


def scraped(url: str, query: str) -> dict[str, float]:
    """What Prometheus has of *query*, by check, as soon as it has any."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            found = asked(url, "query", query=query)["result"]
        except OSError:
            found = []
        if found:
            return {one["metric"].get("check", one["metric"].get("flag", "")): float(one["value"][1]) for one in found}
        time.sleep(0.1)
    raise AssertionError(asked(url, "targets"))


def test_it_scrapes_every_check_and_how_often_each_flag_came_out(bundle: Bundle, tmp_path: Path) -> None:
    bundle.request("GET", "/flags")
    bundle.runtime.usage.report(bundle.clock.now())
    bundle.tick(minutes=1)
    with prometheus(tmp_path, bundle.url.removeprefix("http://")) as url:
        status = scraped(url, "opos_check_status")
        assert status["store:responseTime"] == 0
        assert {"events:oldestUnhandled", "slo:webhook_to_effect", "sweeper:lastRun"} <= set(status)
        assert scraped(url, "opos_flag_evaluations_total")["everyone"] == 1
        (target,) = asked(url, "targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")


def test_its_checker_has_no_complaint(bundle: Bundle) -> None:
    bundle.request("GET", "/flags")
    bundle.runtime.usage.report(bundle.clock.now())
    text = bundle.request("GET", "/metrics").text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
