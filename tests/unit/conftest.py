import pytest
import structlog

from shared.telemetry.logger import configured_by
from tests.fakes import FakeContext


@pytest.fixture(autouse=True)
def _fresh_log() -> None:
    """Each test starts with the log of a fresh process: a logger that another test has bound escapes `capture_logs`."""
    configured_by(structlog.reset_defaults)


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()
