from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.bundle import Bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Bundle]:
    running = Bundle(tmp_path)
    running.start()
    yield running
    running.stop()
