import pytest
import structlog

from shared.telemetry.logger import configured_by
from tests.support.fakes import FakeContext


@pytest.fixture(autouse=True)
def _fresh_log() -> None:
    """Each test starts with the log of a fresh process: a logger that another test has bound escapes `capture_logs`."""
    structlog.reset_defaults()
    configured_by(lambda: None)


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()
