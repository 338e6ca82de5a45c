import pytest

from infra.tests import recording
from infra.tests.recording import Bundle

TARGETS = ("staging", "production")


@pytest.fixture(autouse=True, scope="session")
def _sample() -> None:
    recording.use(recording.SAMPLE)


@pytest.fixture(params=TARGETS, scope="session")
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def bundle(target: str) -> Bundle:
    """All that is declared for one target, where the repository is connected."""
    return recording.run(target, {"repository": recording.REPOSITORY})
