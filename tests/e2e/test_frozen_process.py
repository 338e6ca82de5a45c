"""The flag evaluator on a platform that gives a process no time between two requests: a real process, stopped."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.services.flags.overrides import override, release
from tests.support.bundle import CONFIG
from tests.support.frozen_evaluator import EVERY, FRESH, Frozen, frozen

pytestmark = pytest.mark.slow

FLAGS = "flags: {everyone: {enabled: true}, express: {enabled: true, requires: [everyone]}}\n"


@pytest.fixture
def evaluator(tmp_path: Path) -> Iterator[Frozen]:
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text(FLAGS)
    with frozen(tmp_path) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(Database(tmp_path / "opos.db"))


def test_the_first_answer_after_the_freshness_uses_what_is_true_now(evaluator: Frozen, store: SqliteStore) -> None:
    assert evaluator.evaluate("everyone")["value"] is True
    now = datetime.now(UTC)
    override("everyone", "off", store, who="me", why="it charges twice", until=now + timedelta(hours=1), now=now)
    time.sleep(FRESH + 0.1)
    assert evaluator.evaluate("express")["value"] is False
    release("everyone", store, who="me", now=datetime.now(UTC))
    time.sleep(FRESH + 0.1)
    assert evaluator.evaluate("everyone")["value"] is True


def test_a_process_without_time_between_requests_reports_what_it_has_counted(
    evaluator: Frozen, store: SqliteStore
) -> None:
    for _ in range(3):
        time.sleep(EVERY + 0.1)
        evaluator.evaluate("everyone")
    assert len(list(store.query("flag_usage"))) == 1
    assert len(list(store.query("indicators"))) == 1
