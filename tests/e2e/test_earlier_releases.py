"""The data files of earlier releases, with today's code: every page, every command, every sweep, and what comes next."""

import gzip
import json
import re
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from opos.company import SHIPPED
from shared.alerting.attention import needs_now
from shared.alerting.state_machine import OPEN
from shared.ports.earlier_documents import PROGRESS, is_rewritten
from shared.ports.terms import NOW
from shared.services.search import NO_FILTERS, open_alerts
from tests.e2e.test_wrong_folders import ARGUMENTS
from tests.support.bundle import SECRETS, Bundle
from tests.support.release_data import FOLDER

RELEASES = sorted(path.name.removesuffix(".db.gz") for path in FOLDER.glob("*.db.gz"))
PAGES = ("/", "/review", "/health", "/health/metrics", "/livez", "/flags/ofrep/v1/configuration")
MOST_PAGES = 300


@pytest.fixture(params=RELEASES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bundle]:
    """Today's bundle on a copy of the data file of an earlier release, a minute after that ended."""
    (tmp_path / "opos.db").write_bytes(gzip.decompress((FOLDER / f"{request.param}.db.gz").read_bytes()))
    with sqlite3.connect(tmp_path / "opos.db") as db:
        (last,) = db.execute("SELECT max(json_extract(data, '$.received_at')) FROM docs").fetchone()
    bundle = Bundle(tmp_path)
    bundle.start()
    bundle.configure((FOLDER / f"{request.param}.yaml").read_text())
    bundle.clock.moment = datetime.fromisoformat(last) + timedelta(minutes=1)
    yield bundle
    bundle.stop()


def crawl(bundle: Bundle) -> set[str]:
    """The addresses of PAGES and of all pages that they link to. Each of them must answer."""
    seen, waiting, headers = set[str](), list(PAGES), bundle.signed_in()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop()
        seen.add(path)
        answer = bundle.request("GET", path, headers=headers)
        assert answer.status < 500 or path.startswith("/health"), (path, answer.status, answer.text[:300])
        links = re.findall(r'(?:href|action)="(/[^"]*)"', answer.text)
        waiting += [link for link in links if link not in seen and link not in waiting]
    return seen


def run(bundle: Bundle, words: str) -> Result:
    with chdir(bundle.folder):
        result = CliRunner().invoke(main, [*shlex.split(words), "--data", "."], env=SECRETS)
    assert result.exception is None or isinstance(result.exception, SystemExit), (words, result.exc_info)
    return result


def calls(bundle: Bundle) -> Iterator[str]:
    """Each command that needs a bundle, on each document that it takes."""
    ids = {name: [doc.id for doc in bundle.docs(name)] for name in ("events", "digests")}
    yield from (f"{command} {id}" for command in ("trace", "route explain", "replay --yes") for id in ids["events"])
    yield from (f"{command} {id}" for command in ("digest show", "digest explain") for id in ids["digests"])
    yield from (f"{command} {given}" for command, given in ARGUMENTS.items() if "0a1b" not in given)
    yield from (
        "replay --since 30d --dry-run",
        "review --json",
        "noise --json",
        "digest list --json",
        "alerts list --json",
    )


def test_every_page_answers(old: Bundle) -> None:
    pages = crawl(old)
    assert len(pages) > len(PAGES)


def test_today_and_alerts_show_what_is_open_before_and_after_the_first_sweep(old: Bundle) -> None:
    firing = [doc.data for doc in old.docs("alerts") if doc.data["state"] in OPEN]
    for _ in range(3):
        opened = open_alerts(NO_FILTERS, old.runtime.context())
        assert sorted(doc.data["title"] for doc in opened.rows) == sorted(alert["title"] for alert in firing)
        assert (opened.total, opened.counts[NOW]) == (len(firing), sum(map(needs_now, firing)))
        today, alerts = (old.request("GET", path, headers=old.signed_in()).text for path in ("/", "/console/alerts"))
        assert f"{opened.counts[NOW]} thing" in today
        assert f"{opened.counts[NOW]} thing" in alerts
        old.tick(minutes=1)
        firing = [doc.data for doc in old.docs("alerts") if doc.data["state"] in OPEN]
    assert is_rewritten(old.store.get(PROGRESS))


def test_every_command_answers(old: Bundle) -> None:
    old.configure("status: {title: Shop}\n")
    shutil.copytree(SHIPPED, old.folder / "company")
    for words in calls(old):
        result = run(old, words)
        may_fail = words.startswith(("doctor", "secrets rotate", "flags release", "route what-if", "records import"))
        assert result.exit_code == 0 or may_fail, (words, result.output)


def test_every_open_alert_can_be_acknowledged_and_resolved(old: Bundle) -> None:
    for alert in [doc for doc in old.docs("alerts") if doc.data["state"] in OPEN]:
        for act, state in (("ack", "acknowledged"), ("snooze", "snoozed"), ("resolve", "resolved")):
            shown = json.loads(run(old, f"alerts {act} {alert.id} {'2h' if act == 'snooze' else ''} --json").stdout)
            assert shown["state"] == state


@pytest.mark.slow
def test_days_of_sweeps_go_on_where_the_release_stopped(old: Bundle) -> None:
    """No item waits for ever for its digest, no alert for its notification, no message for its channel."""
    waiting = [doc.id for doc in old.docs("alerts") if doc.data["pending"]]
    open_alerts = [
        doc for doc in old.docs("alerts") if doc.data["state"] in OPEN and doc.data["severity"] == "critical"
    ]
    for _ in range(3):
        old.tick(minutes=1)
        old.tick(hours=8)
        old.tick(hours=16)
    assert old.doc("sweeps/last")["at"] > old.clock.now().isoformat()[:13]
    assert [id for id in waiting if old.doc(f"alerts/{id}")["pending"]] == []
    assert {doc.data["state"] for name in ("outbox", "digests") for doc in old.docs(name)} == {"sent"}
    assert {doc.data["state"] for doc in old.docs("events")} == {"handled"}
    assert open_alerts
    crawl(old)


@pytest.mark.slow
def test_a_webhook_of_an_alert_that_the_release_stored_is_handled_as_any_other(old: Bundle) -> None:
    known = {doc.data["title"]: doc for doc in old.docs("alerts")}
    for number, name in enumerate(("DiskFull", "Slow", "Gone", "Flaps", "Muted", "Last", "New")):
        for status in ("firing", "resolved"):
            answer = old.send("alertmanager", alert(name, status, number), delivery=f"{name}-{status}")
            assert answer.status == 202
            old.tick(minutes=1)
            assert (state_of(old, name) in OPEN) == (status == "firing"), (name, known.get(name))
    crawl(old)


def state_of(bundle: Bundle, name: str) -> str:
    return next(str(doc.data["state"]) for doc in bundle.docs("alerts") if doc.data["title"].startswith(f"{name}:"))


def alert(name: str, status: str, number: int) -> Any:
    labels = {"alertname": name, "severity": "critical", "instance": "db-1"}
    began = datetime(2026, 11, 21, 9, number, tzinfo=UTC).isoformat()
    content = {
        "status": status,
        "fingerprint": name,
        "startsAt": began,
        "labels": labels,
        "annotations": {"summary": "x"},
    }
    return {"status": status, "groupKey": name, "alerts": [content]}
