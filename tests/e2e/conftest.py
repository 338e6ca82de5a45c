from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.process.due_task import DueTask
from shared.telemetry import setup as telemetry
from tests.support import requirements as needs
from tests.support.bundle import Bundle


@pytest.fixture(autouse=True)
def _configured_log() -> None:
    """Each test starts with the log of a function: a command that another test ran here may have silenced it."""
    telemetry.configure()


@pytest.fixture(autouse=True)
def _patient_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle in this process waits for what it reads: a test fails for a wrong answer, not for a busy machine."""
    monkeypatch.setattr(DueTask, "_patience", 30.0)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Bundle]:
    """On SQLite alone, for what looks at the file from another process, or has nothing to do with the store."""
    (tmp_path / "embedded").mkdir()
    yield from _running(Bundle(tmp_path / "embedded"))


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=needs.emulators)])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bundle]:
    yield from _running(Bundle(tmp_path, firestore=request.param == "firestore"))


def _running(bundle: Bundle) -> Iterator[Bundle]:
    bundle.start()
    yield bundle
    bundle.stop()
