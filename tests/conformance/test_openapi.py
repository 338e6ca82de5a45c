"""Tests the HTTP surface against its own description, with requests from an independent generator."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.bundle import Bundle
from tests.support.project import ROOT

DESCRIPTION = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
schema = schemathesis.openapi.from_dict(DESCRIPTION)
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = Bundle(tmp_path_factory.mktemp("bundle"))
    running.start()
    yield running.url
    running.stop()


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)
def test_any_request_is_answered_as_the_description_says_and_never_by_a_crash(case: Any, url: str) -> None:
    case.call_and_validate(base_url=url, checks=CHECKS)
