"""`python -m bench` as a person runs it: a table to read and a JSON to keep. What it measured is not looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.cost import COSTS, TICK
from tests.support.requirements import ROOT

pytestmark = pytest.mark.slow

NAMES = ["routing", "digest", "cost"]


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=180, check=False)


def test_a_run_prints_a_table_and_writes_machine_versions_rounds_and_goals() -> None:
    done = bench("--quick", *NAMES)
    assert done.returncode == 0, done.stderr
    assert all(f"== {name}\n" in done.stdout for name in NAMES)
    assert "non-critical event, digest included" in done.stdout
    written = Path(done.stdout.rpartition("written: ")[2].partition(" and ")[0])
    text = written.with_suffix(".txt")
    try:
        found = json.loads(written.read_text())
        assert "== cost" in text.read_text()
    finally:
        for file in (written, text):
            file.unlink(missing_ok=True)
    assert found["quick"] is True
    assert found["machine"]["cores"] >= 1
    assert {"commit", "python", "sqlite"} <= set(found["versions"])
    assert list(found["benches"]) == NAMES
    assert all(one["tables"] and "Not fair:" in one["about"] for one in found["benches"].values())
    assert {goal["met"] for goal in found["benches"]["cost"]["goals"]} <= {True, False}
    operations = found["benches"]["cost"]["tables"][0]["rows"]
    assert all(len(row["writes"]["rounds"]) >= 2 for row in operations.values())
    assert counted(operations["non-critical event, each more in the same digest"]) == COSTS["event"]
    assert counted(operations["critical event"]) == COSTS["critical"]
    assert counted(operations["minute in which nothing happens"]) == TICK


def counted(row: dict[str, dict[str, float]]) -> dict[str, float]:
    return {operation: row[operation]["median"] for operation in ("writes", "reads")}


def test_a_name_that_no_bench_has_is_wrong_usage_and_is_told_those_that_there_are() -> None:
    done = bench("--quick", "nothing")
    assert done.returncode == 2
    assert "expected names of intake" in done.stderr
    assert "found nothing" in done.stderr
