"""The SQLite store with several processes, and after the sudden end of one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.ports import Create
from tests.support.project import ROOT

pytestmark = pytest.mark.slow

INCREMENT = """
import sys
from pathlib import Path
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.errors import Conflict
from shared.ports import Update

store = SqliteStore(Database(Path(sys.argv[1])))
done = 0
while done < 100:
    doc = store.get("alerts/a")
    try:
        store.commit([Update("alerts/a", {"n": doc.data["n"] + 1}, doc.version)])
        done += 1
    except Conflict:
        pass
"""
CREATE_FOREVER = """
import sys
from itertools import count
from pathlib import Path
from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import SqliteStore
from shared.ports import Create

store = SqliteStore(Database(Path(sys.argv[1])))
for n in count():
    store.commit([Create(f"events/{n}", {"n": n}), Create(f"alerts/{n}", {"n": n})])
    print(n, flush=True)
"""


def run(script: str, path: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE)


def test_no_increment_is_lost_between_processes(tmp_path: Path) -> None:
    path = tmp_path / "opos.db"
    with closing(Database(path)) as database:
        store = SqliteStore(database)
        store.commit([Create("alerts/a", {"n": 0})])
        processes = [run(INCREMENT, path) for _ in range(3)]
        assert [process.communicate(timeout=120) and process.returncode for process in processes] == [0, 0, 0]
        doc = store.get("alerts/a")
        assert doc is not None
        assert doc.data == {"n": 300}


def test_what_was_committed_outlives_a_kill_and_no_batch_is_half_there(tmp_path: Path) -> None:
    path = tmp_path / "opos.db"
    process = run(CREATE_FOREVER, path)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(200)]
    process.kill()
    acknowledged += [int(line) for line in process.communicate(timeout=300)[0].splitlines()]
    with closing(Database(path)) as database:
        store = SqliteStore(database)
        events, alerts = ({doc.id for doc in store.query(name)} for name in ("events", "alerts"))
    assert {str(n) for n in acknowledged} <= events
    assert events == alerts


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    for number in range(40):
        together = Barrier(8)

        def write(name: int, path: Path = tmp_path / f"{number}.db", together: Barrier = together) -> None:
            together.wait()
            with closing(Database(path)) as database:
                SqliteStore(database).commit([Create(f"alerts/{name}", {"n": name})])

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(write, range(8)))
        with closing(Database(tmp_path / f"{number}.db")) as database:
            assert SqliteStore(database).count("alerts") == 8
