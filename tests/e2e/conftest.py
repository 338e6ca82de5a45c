from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import requirements as needs
from tests.support.bundle import Bundle


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
