"""The data file taken from a bundle that runs: what it answers then, and how much of what it accepted is still there.

`python -m tests.torture.data_file` prints the figures of every attack.
"""

import json
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.torture.bundles import Embedded, embedded
from tests.torture.receiver import receiver
from tests.torture.senders import post, signed, trouble, until

BEFORE, AFTER = 30, 30
"""How many webhooks arrive before the attack, and how many after it."""


def _remove(data: Path) -> None:
    (data / "opos.db").unlink()


def _move_away(data: Path) -> None:
    (data / "opos.db").rename(data / "moved.db")


def _replace(data: Path) -> None:
    """As `mv restored.db opos.db` does."""
    restored = data / "restored.db"
    with closing(sqlite3.connect(data / "opos.db")) as live, closing(sqlite3.connect(restored)) as copy:
        live.backup(copy)
    restored.rename(data / "opos.db")


def _remove_log(data: Path) -> None:
    (data / "opos.db-wal").unlink()


def _remove_index(data: Path) -> None:
    (data / "opos.db-shm").unlink()


def _move_folder(data: Path) -> None:
    data.rename(data.with_name("moved"))
    shutil.copytree(data.with_name("moved"), data, ignore=shutil.ignore_patterns("opos.db*"))


ATTACKS: Mapping[str, Callable[[Path], None]] = {
    "rm opos.db": _remove,
    "mv opos.db moved.db": _move_away,
    "mv restored.db opos.db": _replace,
    "rm opos.db-wal": _remove_log,
    "rm opos.db-shm": _remove_index,
    "mv of the folder": _move_folder,
}


@dataclass(frozen=True)
class Outcome:
    """`answers` are those to the webhooks after the attack, by status. `kept` counts what a restart has of those with
    202. `health` is the report's status, with the failures that it names.
    """

    attack: str
    answers: dict[str, int]
    health: str
    failures: list[str]
    kept: int

    @property
    def lost(self) -> int:
        """Webhooks that were answered 202 and are gone."""
        return self.answers.get("202", 0) - self.kept


def attacked(attack: str) -> Outcome:
    """What became of a bundle whose data file *attack* took away, from its front door."""
    with tempfile.TemporaryDirectory(prefix="opos-torture-") as folder, receiver() as phone:
        data = Path(folder) / "data"
        data.mkdir()
        with embedded(data, phone.url) as bundle:
            send(bundle, range(BEFORE))
            assert kept(data, range(BEFORE)) == BEFORE
            ATTACKS[attack](data)
            answers = send(bundle, range(BEFORE, BEFORE + AFTER))
            health = _health(bundle)
            bundle.end()
            bundle.start()
            with suppress(TimeoutError):  # it never is, if the file is damaged
                until(lambda: _is_ready(bundle), seconds=10, what="the bundle to be ready")
            survivors = kept(data, range(BEFORE, BEFORE + AFTER))
        failures = {check["failure"] for checks in health["checks"].values() for check in checks if "failure" in check}
        return Outcome(attack, dict(answers), health["status"], sorted(failures), survivors)


def send(bundle: Embedded, numbers: range) -> Counter[str]:
    """The answers to a webhook of each of *numbers*."""
    answers = Counter[str]()
    for number in numbers:
        delivery = trouble(number, number, "warning")
        status, _ = post(bundle.port, delivery.body, signed(delivery))
        answers[str(status)] += 1
    return answers


def _health(bundle: Embedded) -> Any:
    return json.loads(post(bundle.port, b"", {}, path="/health", method="GET")[1])


def _is_ready(bundle: Embedded) -> bool:
    return post(bundle.port, b"", {}, path="/readyz", method="GET")[0] == 200


def kept(data: Path, numbers: range) -> int:
    """How many of the webhooks *numbers* the file has that a new process finds: none, if the file is damaged."""
    sql = "SELECT json_extract(data, '$.delivery_id') FROM docs WHERE collection = 'events'"
    with closing(sqlite3.connect(data / "opos.db")) as database, suppress(sqlite3.DatabaseError):
        ids = {row[0] for row in database.execute(sql)}
        return sum(f"msg_{number}" in ids for number in numbers)
    return 0


if __name__ == "__main__":
    outcomes = [attacked(attack) for attack in ATTACKS]
    shown = [{**asdict(outcome), "lost": outcome.lost} for outcome in outcomes]
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    sys.exit(1 if any(outcome.lost for outcome in outcomes) else 0)
