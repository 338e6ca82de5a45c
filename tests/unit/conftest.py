import pytest

from tests.fakes import FakeContext


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()
